"""Files, locks, processes and user folders; nothing here knows what a VAE is.

app_folder.py        The folder of the app's entry script, its pages and the runs that ship
array_files.py       Arrays in .npz and safetensors files, read with a size limit and checked
blas_threads.py      Threads of BLAS, which numpy and scipy multiply matrices with: one for the whole process
child_process.py     Child processes: environment, detached from the terminal, lower priority than the app
compiled.py          numba's njit with the settings that all kernels share, and which machine code is here already
csv_table.py         Tables as CSV text that a spreadsheet reads as text, never as a formula
files.py             Atomic writes, bounded reads
json_lines.py        JSON-lines files that are appended to while they are read
limits.py            Limits per person and per server; what each means stands in limits.toml beside this file
moment.py            Moment: a point in time that other processes can count from, however the system's clock is set
names.py             Names that people give: in one line, limited by bytes, without marks that nobody sees
owner.py             Owner: a person's secret token or account, and its hash that is kept with what belongs to them
privacy.py           Privacy of files: what a process of ours writes is for its user alone, unless TVAE_UMASK says else
process_identity.py  Identity of a process: its number, time of creation and command line (numbers are used again)
process_lock.py      File locks that the operating system releases when their process ends
reserved_file.py     A small file whose disk space is reserved, so that it can be written when the disk is full
scratch_folders.py   Scratch folders for temporary files, which a later process removes where theirs was killed
strict_json.py       JSON read strictly, and what it holds checked against a type
user_folders.py      Folders of a user's data sets, runs, layouts and classifiers; run ids
zip_file.py          Zip files of strangers, checked before a member is read
"""
