"""All that Streamlit needs and a page should not hold.

judging.py             Chooses the notion of similarity that every page judges by
measured.py            Curves, gaps and metrics of a run: from its folder, or counted by another notion, with progress
page.py                Shows a page: page config, title, sidebar with run, arms, epoch and the training panel, content
page_after_sign_in.py  The page that was opened before a sign-in: kept in a cookie, and led to after it
page_links.py          Links from page to page that keep the run, the arms and the epoch, also in a new tab
requests.py            Callbacks of widgets: what a person asked for is done, or one line on the page says why not
run_images.py          The images of a run, or why they are not on this machine
sign_in.py             Sign-in with an account, where the host has it: the page that asks for it, and who is signed in
server.py              The app's server: gives each browser a secret token, and inserts scripts into each page
take_away.py           Menu that takes the shown run away, in a form that another tool reads; the same on every page
unexpected_errors.py   Errors that nobody expected: a page shows a number, the server's log has the traceback under it
address/               Values of a page as text of its address
cached/                Cached reads and computations, shared by all sessions of a server
choices/               Controls that choose what a page shows
components/            Browser components of our own, each with its JavaScript
embeddings/            Part of the page Your data that takes in embeddings from elsewhere
generation/            Parts of the generation page
images/                Images on a page
interpolation/         Parts of the interpolation page
lesson/                The lesson: seven steps, each on the page that it is about with everything else hidden
maps/                  Parts of the latent map page
overview/              Parts of the overview page
own_digit/             Parts of the page "Your own digit"
own_files/             Files of a person's own on any page: uploads, the work on them, what was left out
page_scripts/          Scripts of our own that the server writes into every page
reconstructions/       Parts of the reconstructions page
session/               State of the session and of the address: the one place that reads or writes either
style/                 Look of every page: columns, names of arms, captions, glossary, theme
sweep/                 Parts of the page "Sweep"
training/              Parts of the training page and the sidebar that starts runs
triplets/              Parts of the triplets page
which_weight/          Parts of the page "Which weight?"
your_data/             Parts of the page that brings in a person's own images
"""
