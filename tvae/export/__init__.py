"""A run taken elsewhere: other tools' formats, reports.

    atlas.py         Parquet for Embedding Atlas and Hugging Face datasets: a row an image, with its place on every map
    background.py    Export in a process of its own, for the app: progress, cancel, and the file while somebody holds it
    bundle.py        Bundle: a run with its layouts as one zip, which the app takes in
    formats.py       Formats that a run is exported in, and its export in one of them
    hub.py           Hub: a folder an arm in the form of the Hugging Face Hub, and the module that loads one
    material.py      Material of an export: arms of a run, what they encode of a split, and the split's images
    onnx_files.py    ONNX: encoder and decoder of each arm, for any number of images at once
    place.py         Place of an export: a new folder or file, whole or not there at all, and never over what is there
    plain_torch.py   Plain PyTorch: lines that load an arm's weights without this package
    projector.py     TensorBoard: latent means with metadata and thumbnails for its Projector, and curves of the losses
    push.py          Push: the arms of a run go to a repository of the Hugging Face Hub, in one commit
    report/          Report of a run for people: HTML, Markdown, and charts as files
    torch_folder.py  Folder with weights and a few lines of plain PyTorch that load them
    worker.py        The process that writes an export for the app
    trackers/        Trackers: a run is followed by other tools while it trains

Packages of other tools are imported by the one file that writes their format, when it is asked for.
"""
