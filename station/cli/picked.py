"""`fieldset label --only`: a queue of named samples, which the window opens at."""

from __future__ import annotations

import os
from pathlib import Path

from .options import opened
from .output import many, say
from .sample_ids import named_samples


def choose_queue(source: str, folder: Path | None) -> None:
    """Keep the samples of a list as the queue of this station's person.

    The window begins at a person's place: theirs is set, and nothing else.

    Raises:
        NotFound: none of the samples is there.
    """
    from labeling.choice import Choice
    from labeling.picked import keep_picked, picked_ids
    from station.identity import labeling_person
    from station.settings import read_settings, settings_path, station_name

    settings = read_settings(settings_path()).settings
    station = station_name(os.environ, settings)
    with opened(folder) as project:
        name = keep_picked(project, named_samples(project, (), source))
        count = len(picked_ids(project, name))
        choice = Choice(state="any", picked=name)
        person = labeling_person(settings.operator, station)
        project.catalog.places.keep(person, choice.to_words(), ())
    say(f"{many(count, 'sample')} in the queue")
