"""What R4 (4.0.1) permits in the resource types that we write; read off its definitions."""

_DOMAIN = "id meta implicitRules language text contained extension modifierExtension"

#: Elements per type. ``*`` repeats, ``!`` is required; value[x] is written out.
_ELEMENTS = {
    "Organization": "identifier* active type* name alias* telecom* address* partOf contact* "
    "endpoint*",
    "Patient": "identifier* active name* telecom* gender birthDate deceasedBoolean "
    "deceasedDateTime address* maritalStatus multipleBirthBoolean multipleBirthInteger photo* "
    "contact* communication* generalPractitioner* managingOrganization link*",
    "Device": "identifier* definition udiCarrier* status statusReason* distinctIdentifier "
    "manufacturer manufactureDate expirationDate lotNumber serialNumber deviceName* modelNumber "
    "partNumber type specialization* version* property* patient owner contact* location url "
    "note* safety* parent",
    "DocumentReference": "masterIdentifier identifier* status! docStatus type category* subject "
    "date author* authenticator custodian relatesTo* description securityLabel* content*! context",
    "Observation": "identifier* basedOn* partOf* status! category* code! subject focus* encounter "
    "effectiveDateTime effectivePeriod effectiveTiming effectiveInstant issued performer* "
    "valueQuantity valueCodeableConcept valueString valueBoolean valueInteger valueRange "
    "valueRatio valueSampledData valueTime valueDateTime valuePeriod dataAbsentReason "
    "interpretation* note* bodySite method specimen device referenceRange* hasMember* "
    "derivedFrom* component*",
    "RiskAssessment": "identifier* basedOn parent status! method code subject! encounter "
    "occurrenceDateTime occurrencePeriod condition performer reasonCode* reasonReference* basis* "
    "prediction* mitigation note*",
    "DiagnosticReport": "identifier* basedOn* status! category* code! subject encounter "
    "effectiveDateTime effectivePeriod issued performer* resultsInterpreter* specimen* result* "
    "imagingStudy* media* conclusion conclusionCode* presentedForm*",
    "Task": "identifier* instantiatesCanonical instantiatesUri basedOn* groupIdentifier partOf* "
    "status! statusReason businessStatus intent! priority code description focus for encounter "
    "executionPeriod authoredOn lastModified requester performerType* owner location reasonCode "
    "reasonReference insurance* note* relevantHistory* restriction input* output*",
    "Provenance": "target*! occurredPeriod occurredDateTime recorded! policy* location reason* "
    "activity agent*! entity* signature*",
}

ELEMENTS = {
    kind: frozenset(f"{_DOMAIN} resourceType {text}".replace("*", "").replace("!", "").split())
    for kind, text in _ELEMENTS.items()
}
REPEATED = {
    kind: frozenset(word.strip("*!") for word in text.split() if "*" in word)
    for kind, text in _ELEMENTS.items()
}
REQUIRED = {
    kind: frozenset(word.strip("*!") for word in text.split() if "!" in word)
    for kind, text in _ELEMENTS.items()
}

_OBSERVED = frozenset(
    [
        "registered",
        "preliminary",
        "final",
        "amended",
        "corrected",
        "cancelled",
        "entered-in-error",
        "unknown",
    ]
)
#: Required bindings of ``status``.
STATUSES = {
    "Device": frozenset(["active", "inactive", "entered-in-error", "unknown"]),
    "DocumentReference": frozenset(["current", "superseded", "entered-in-error"]),
    "Observation": _OBSERVED,
    "RiskAssessment": _OBSERVED,
    "DiagnosticReport": _OBSERVED | {"partial", "appended"},
    "Task": frozenset(
        [
            "draft",
            "requested",
            "received",
            "accepted",
            "rejected",
            "ready",
            "cancelled",
            "in-progress",
            "on-hold",
            "failed",
            "completed",
            "entered-in-error",
        ]
    ),
}
DOCUMENT_STATUSES = frozenset(["preliminary", "final", "amended", "entered-in-error"])

_PEOPLE = frozenset(["Practitioner", "PractitionerRole", "Organization", "CareTeam"])
#: Permitted targets of the references that we write; absent from the table: any type.
TARGETS = {
    "Observation.subject": frozenset(["Patient", "Group", "Device", "Location"]),
    "Observation.performer": _PEOPLE | {"Patient", "RelatedPerson"},
    "Observation.device": frozenset(("Device", "DeviceMetric")),
    "Observation.derivedFrom": frozenset(
        [
            "DocumentReference",
            "ImagingStudy",
            "Media",
            "QuestionnaireResponse",
            "Observation",
            "MolecularSequence",
        ]
    ),
    "RiskAssessment.subject": frozenset(("Patient", "Group")),
    "RiskAssessment.performer": frozenset(["Practitioner", "PractitionerRole", "Device"]),
    "DiagnosticReport.subject": frozenset(["Patient", "Group", "Device", "Location"]),
    "DiagnosticReport.performer": _PEOPLE,
    "DiagnosticReport.result": frozenset(("Observation",)),
    "DocumentReference.subject": frozenset(["Patient", "Practitioner", "Group", "Device"]),
    "DocumentReference.author": (_PEOPLE - {"CareTeam"}) | {"Device", "Patient", "RelatedPerson"},
    "DocumentReference.custodian": frozenset(("Organization",)),
    "Task.requester": (_PEOPLE - {"CareTeam"}) | {"Device", "Patient", "RelatedPerson"},
    "Task.owner": _PEOPLE | {"HealthcareService", "Patient", "Device", "RelatedPerson"},
}

#: Elements of type date, dateTime or instant in what we write.
TIMES = frozenset(
    [
        "timestamp",
        "effectiveDateTime",
        "issued",
        "occurrenceDateTime",
        "occurredDateTime",
        "recorded",
        "date",
        "authoredOn",
        "lastModified",
        "creation",
        "start",
        "end",
        "valueDateTime",
    ]
)
#: Elements of type decimal, integer or unsignedInt in what we write.
NUMBERS = frozenset(["probabilityDecimal", "relativeRisk", "size", "valueInteger"])
