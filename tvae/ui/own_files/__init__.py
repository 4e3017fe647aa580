"""Files of a person's own on any page: uploads, the work on them, what was left out.

    left_out.py     List of what was left out of a person's files and why
    progress.py     Progress of a task, with a button that cancels it
    server_path.py  Field that names a file or folder on the server, where its configuration allows that
    task.py         Task: work in a thread of its own, with its progress, the time left and a way to cancel it
    upload.py       Uploaded files on the disk, each in a folder of its own

x
"""
