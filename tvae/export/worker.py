"""The process that writes an export for the app.

    python -m tvae.export.worker REQUEST OUT

REQUEST is the JSON form of an `ExportRequest`. Each line that it prints is a JSON object: the phase of the work, and at
the end the notes or the error. A folder is written as a zip of it, so that OUT is one file.
"""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from pathlib import Path

from tvae.errors import InputError
from tvae.export.background import ExportRequest
from tvae.system.child_process import lower_priority, offer_to_end_first
from tvae.system.files import files_below
from tvae.system.privacy import keep_files_private
from tvae.system.strict_json import checked, read_json

NICENESS = 5
"""Niceness of the process: lower priority than the app, so that its pages stay quick."""


def main(request: ExportRequest, out: Path) -> None:
    """Write the export, and say how it goes."""
    lower_priority(NICENESS)
    offer_to_end_first()
    try:
        _say(notes=_write(request, out))
    except (InputError, OSError) as error:
        _say(error=str(error) if isinstance(error, InputError) else error.strerror or str(error))
    except Exception as error:
        _say(error=f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:300]}")


def _write(request: ExportRequest, out: Path) -> list[str]:
    from tvae.data import Split, load_split
    from tvae.export.formats import FORMATS, export
    from tvae.export.material import gathered_material
    from tvae.runs.run import check_split, read_run

    run, form = read_run(Path(request.run)), FORMATS[request.to]
    run.provenance.split(request.split)  # where it has none, that is said before anything is loaded

    def load() -> Split:
        _say(phase="reading the images")
        data = run.config.data
        split = load_split(
            data.name,
            request.split,
            notion=data.notion,
            validation_share=data.validation_share,
            download=True,
        )
        check_split(run, split)
        _say(phase="encoding")
        return split

    material = gathered_material(run, request.split, request.arms, request.images and form.has_images, load)
    _say(phase="writing")
    if form.ending:
        return export(material, request.to, out)
    folder = out.with_suffix("")
    notes = export(material, request.to, folder)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(files_below(folder)):
            archive.write(path, f"{folder.name}/{path.relative_to(folder).as_posix()}")
    shutil.rmtree(folder)
    return notes


def _say(**words: object) -> None:
    print(json.dumps(words), flush=True)


if __name__ == "__main__":
    keep_files_private()
    main(checked(read_json(sys.argv[1], "request"), ExportRequest, "request"), Path(sys.argv[2]))
