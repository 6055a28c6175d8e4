"""Words that nobody named a language for: read as English only where they look like it."""

from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf

from clinic.config import build, conf_folder
from clinic.features.text.language import language_notes
from clinic.records import Role, Transcript, Utterance
from clinic.records.english import MIN_SHARE, common_word_share

ENGLISH = (
    "Well, I do not sleep much at the moment and I wake up in the night. My wife says that I "
    "have changed, and she may be right. I used to see people but now I want to stay at home."
)
OTHERS = {
    "de": "Also ich weiß nicht, ich schlafe im Moment sehr schlecht und wache in der Nacht oft "
    "auf. Meine Frau sagt, dass ich mich verändert habe, und vielleicht hat sie recht. Was soll "
    "ich da machen? Ich war früher so gern unter Leuten.",
    "fr": "Je ne sais pas, en ce moment je dors très mal et je me réveille souvent la nuit. Ma "
    "femme dit que j'ai changé et elle a peut-être raison. Au travail ça va, on ne voit rien.",
    "es": "No sé, ahora mismo duermo muy mal y me despierto mucho por la noche. Mi mujer dice que "
    "he cambiado y a lo mejor tiene razón. Ha sido todo un poco demasiado, he perdido a mi padre.",
    "nl": "Ik weet het niet, ik slaap op dit moment heel slecht en ik word in de nacht vaak "
    "wakker. Het is allemaal een beetje veel, en wat of wie is dan nog belangrijk? We gingen "
    "vroeger vaak uit, en ik had er over willen praten, maar dat was te moeilijk.",
    "it": "Non lo so, in questo periodo dormo molto male e mi sveglio spesso di notte. Prima mi "
    "piaceva stare con gli amici, ma adesso voglio solo restare a casa. Al lavoro i colleghi non "
    "vedono niente e i miei genitori stanno male.",
    "da": "Jeg ved det ikke, jeg sover meget dårligt for tiden og vågner tit om natten. I går var "
    "jeg på arbejde, og der kan de ikke se at jeg har det svært. Det er for meget at have alt "
    "det her at tænke på.",
    "pl": "Nie wiem, ostatnio bardzo źle śpię i często budzę się w nocy. Żona mówi, że się "
    "zmieniłem i może to prawda. To wszystko było za dużo, i co ja mam z tym zrobić, do kogo "
    "pójść? Kiedyś lubiłem być z ludźmi.",
}


@pytest.mark.parametrize("language", OTHERS)
def test_another_language_that_nobody_stated_is_not_read_as_english(language, spoken):
    is_read, notes = language_notes(*_ordered(spoken(OTHERS[language], language=None)))
    assert not is_read
    assert "do not look like English" in notes[0] and "12 % needed" in notes[0]
    assert notes[0].endswith("no language was stated: not measured (languages)")


def test_english_that_nobody_stated_is_read(spoken):
    assert language_notes(*_ordered(spoken(ENGLISH, None, language=None)))[0]


def test_a_stated_language_goes_before_the_look_of_the_words(spoken):
    assert language_notes(*_ordered(spoken(OTHERS["de"], language="en"))) == (True, ())


def test_few_words_tell_no_language(spoken):
    few = " ".join(OTHERS["de"].split()[:29])
    more = " ".join(OTHERS["de"].split()[:30])
    assert language_notes(*_ordered(spoken(few, language=None)))[0]
    assert not language_notes(*_ordered(spoken(more, language=None)))[0]


def test_a_component_for_other_languages_is_not_held_against_english(spoken):
    recording, segments = spoken(OTHERS["de"], language=None)
    assert language_notes(recording, ["en", "de"], segments)[0]


def test_the_participants_words_decide_and_not_the_interviewers(spoken):
    recording, segments = spoken(ENGLISH, language=None)
    turns = tuple(
        Utterance(start_s=t, end_s=t + 1.0, speaker=role, text=text)
        for t, role, text in [
            (0.0, Role.INTERVIEWER, ENGLISH),
            (1.0, Role.PARTICIPANT, OTHERS["fr"]),
        ]
    )
    transcript = Transcript(utterances=turns, source_format="t", has_speakers=True, sha256="0" * 64)
    recording = type(recording)(**{**vars(recording), "transcript": transcript})
    assert not language_notes(recording, ["en"], segments)[0]


def test_counts_of_words_not_read_are_missing(spoken):
    lexical = build(OmegaConf.load(conf_folder() / "features" / "lexical.yaml").lexical)
    table = lexical.extract(*spoken(OTHERS["de"], language=None)).segments
    assert np.isnan(table.values).all() and not table.coverage.any()


def test_no_english_consultation_is_taken_for_another_language(shared_data: Path):
    files = sorted((shared_data / "primock57" / "transcripts").glob("*patient.TextGrid"))
    if not files:
        pytest.skip("PriMock57 is absent")
    shares = []
    for file in files:
        lines = file.read_text(encoding="utf-8").splitlines()
        texts = [line.split('"', 1)[1].rstrip('" ') for line in lines if "text = " in line]
        shares.append(common_word_share(texts)[1])
    assert len(shares) == 57
    assert min(shares) > 2 * MIN_SHARE


def _ordered(given):
    recording, segments = given
    return recording, ["en"], segments
