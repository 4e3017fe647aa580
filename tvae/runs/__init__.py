"""A run's folder: written while it trains, read by everything above.

    arm_names.py       Readable names of a run's arms, made from each arm's loss
    available.py       Runs that ship and the user's own, and embeddings from elsewhere, by name
    collapsed_arms.py  Warnings about arms whose latent means have collapsed to one point, read from a run's metrics
    comparison.py      Two runs compared: which settings differ, whether they are alike, and figures over seeds
    encodings.py       Encoded splits, triplet curves and gap histograms of a run, as .npz files
    evaluation.py      Encode a split and compute metrics.json
    finishing.py       Evaluate a trained run and write the files that the pages read
    history.py         A run's history.jsonl: losses while it trained
    measuring.py       Expected time of measuring a trained run, and progress while it is measured
    metrics_form.py    Types of what metrics.json and history.jsonl hold
    model_card.py      Model card of a run: README.md of its folder, in Hugging Face form
    origin.py          Provenance of a run that is about to be trained: versions, data, device, command
    paper_table.py     The paper's Table 1, and the arms of a run that stand beside its two models
    recording.py       Recording: train a run and fill its folder
    resume_file.py     Everything needed to resume, in one safetensors file
    run.py             Run and Provenance: read and write a run folder's config.json
    run_zip.py         Export a run folder as a zip; import one with every member checked
    snapshots.py       Snapshots: times at which a run keeps its weights while it trains, and how they are written
    warm_start.py      Start from the weights of another run
    weights.py         Weights of a run's arms: <arm>.safetensors
    answer/            The answer of a run: the effect and the cost of its triplet loss, in words and figures
    embeddings/        Embeddings from elsewhere: vectors of the same rows from two other models, beside the runs
    new_images/        New images in all arms of a run
    replays/           Replays of runs: recorded while a run trains, and prepared to be shown
    seeds/             Figures of a run's arms over several seeds: measured, gathered, kept in seeds.json
    triplets/          Given triplets of a run: kept with it, encoded, counted

The readers are our own because a run's folder may come from a stranger: safetensors accepts doubled names, values that
are not finite and shapes of any size, and numpy reads whatever an archive unpacks to. What is read here is bounded and
checked against the config first, and refused in one line.
"""
