"""Who and what was involved: site, patient, software with its model, the recording."""

from clinic.fhir.assembly import Entry
from clinic.fhir.context import DEVICE, MODEL, ORGANIZATION, PATIENT, RECORDING, Context
from clinic.fhir.documents import attachment
from clinic.fhir.text import plain, sentence
from clinic.fhir.values import Json, absent_extension, local
from clinic.units import clock

SOFTWARE = "clinic-screening"
#: HL7 "AI Transparency on FHIR": its codes are used, its profiles are not claimed.
AI_GUIDE = "http://hl7.org/fhir/uv/aitransparency"


def parties(context: Context) -> list[Entry]:
    """Return the entries that several exports share."""
    entries = [organization(context)]
    if context.settings.patient == "create":
        entries.append(patient(context))
    if context.result.model is not None:
        entries.append(model_summary(context))
    return [*entries, device(context), recording(context)]


def organization(context: Context) -> Entry:
    """Return the site."""
    settings = context.settings
    identity = (settings.sid("site"), settings.site_id)
    resource: Json = {
        "resourceType": "Organization",
        "identifier": [_identifier(identity)],
        "name": plain(settings.site_name),
    }
    return Entry(name=ORGANIZATION, resource=resource, identity=(identity,))


def patient(context: Context) -> Entry:
    """Return a Patient that holds the pseudonym and nothing else."""
    identity = (context.settings.patient_system, context.result.participant_id)
    resource = {"resourceType": "Patient", "identifier": [_identifier(identity)]}
    return Entry(name=PATIENT, resource=resource, identity=(identity,))


def device(context: Context) -> Entry:
    """Return the software, with the model and the hash of its weights as versions."""
    result, model = context.result, context.result.model
    label = f"{SOFTWARE}@{result.software_version}"
    versions = [("software", result.software_version)]
    notes = ["No UDI: not placed on the market as a medical device."]
    name = SOFTWARE
    if model is not None:
        name = f"{SOFTWARE} with model {model.name}"
        label += f"+{model.name}@{model.version}+sha256.{model.weights_sha256[:16]}"
        versions += [("model", model.version), ("weights-sha256", model.weights_sha256)]
        notes.append(f"Licence of the model: {model.licence}")
    if context.banner:
        notes.append(context.banner)
    identity = (context.settings.sid("device"), plain(label))
    guide = f"{AI_GUIDE}/CodeSystem/AIdeviceTypeCS"
    kind = {
        "url": f"{AI_GUIDE}/StructureDefinition/aitransparency.AIKind",
        "valueCodeableConcept": _coded(guide, "Machine-Learning-Models", "Machine Learning Models"),
    }
    resource: Json = {
        "resourceType": "Device",
        **({"extension": [kind]} if model is not None else {}),
        "identifier": [_identifier(identity)],
        "status": "active",
        "deviceName": [{"name": plain(name), "type": "user-friendly-name"}],
        "modelNumber": plain(model.name if model is not None else SOFTWARE),
        "type": _coded(guide, "Artificial-Intelligence", "All kinds of Artificial Intelligence"),
        "version": [{"type": {"text": what}, "value": plain(value)} for what, value in versions],
        "note": [{"text": plain(note)} for note in notes],
    }
    return Entry(name=DEVICE, resource=resource, identity=(identity,))


def model_summary(context: Context) -> Entry:
    """Return what is known of the model, as a short text inside the bundle."""
    model = context.result.model
    if model is None:
        raise AssertionError("a result without a model has no model summary")
    lines = [
        f"Model: {model.name} {model.version}",
        f"Weights (SHA-256): {model.weights_sha256}",
        f"Trained on: {model.trained_on}",
        f"Participants in training: {model.n_training_participants}",
        f"Licence: {model.licence}",
    ]
    if context.banner:
        lines.insert(0, context.banner)
    value = plain(f"{model.name}@{model.version}+sha256.{model.weights_sha256[:16]}")
    identity = (context.settings.sid("model-summary"), value)
    guide = f"{AI_GUIDE}/CodeSystem/AIinputsCS"
    resource: Json = {
        "resourceType": "DocumentReference",
        "identifier": [_identifier(identity)],
        "status": "current",
        "type": _coded(guide, "AIModelCard", "AI Model-Card"),
        "description": "Summary of the model: training data, licence, hash of its weights.",
        "content": [
            {
                "attachment": attachment(
                    "\n".join(plain(line) for line in lines).encode(),
                    content_type="text/plain; charset=utf-8",
                    title="Summary of the model",
                )
            }
        ],
    }
    return Entry(name=MODEL, resource=resource, identity=(identity,))


def recording(context: Context) -> Entry:
    """Return what stands for the recording, which never leaves the site."""
    media = context.result.media
    # Id and hash: an id that was used again for other media must not find the first one.
    identity = (
        (context.settings.sid("recording"), context.result.recording_id),
        (context.settings.sid("sha256"), media.sha256),
    )
    streams = [
        name for name, there in (("audio", media.has_audio), ("video", media.has_video)) if there
    ]
    what = " and ".join(streams) or "no stream that could be used"
    description = f"Interview recording, {clock(media.duration_s)} (m:ss) long, {what}."
    resource: Json = {
        "resourceType": "DocumentReference",
        "identifier": [_identifier(pair) for pair in identity],
        "status": "current",
        "type": {"text": "Clinical interview recording (held at the source site, not exported)"},
        "subject": context.subject,
        "custodian": local(ORGANIZATION),
        "description": sentence(description),
        "content": [
            {
                "attachment": {
                    "_url": absent_extension("masked"),
                    "title": "Held at the source site, not exported",
                }
            }
        ],
    }
    return Entry(name=RECORDING, resource=resource, identity=identity)


def _identifier(identity: tuple[str, str]) -> Json:
    return {"system": identity[0], "value": identity[1]}


def _coded(system: str, code: str, display: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": display}]}
