# TVAE Explorer as a container; docs/hosting.md says how it is run.
#
#   docker build -t tvae-explorer .
#   docker build -t tvae-explorer:cuda --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu130 .
FROM python:3.11-slim-bookworm AS build

# torch's own builds: for the processor alone, or for CUDA, which takes some gigabytes more.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

RUN python -m venv /opt/tvae
ENV PATH=/opt/tvae/bin:$PATH
WORKDIR /src
# Before the sources, so that a change of these does not fetch the packages anew.
COPY requirements.txt ./
RUN pip install --extra-index-url "$TORCH_INDEX" -r requirements.txt
COPY . .
# This folder is no package that could be pinned; its own requirements are.
# hadolint ignore=DL3013
RUN pip install ".[sign-in,postgresql]"


FROM python:3.11-slim-bookworm

RUN useradd --uid 10001 --create-home tvae \
    && install -d -o tvae -g tvae -m 700 /data /runs
COPY --from=build /opt/tvae /opt/tvae

# All that is to outlast the container lies in the two volumes.
ENV PATH=/opt/tvae/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    TVAE_RUNS=/runs \
    TVAE_DATA=/data \
    XDG_DATA_HOME=/data/user \
    XDG_CACHE_HOME=/data/cache \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_PORT=8501 \
    STREAMLIT_SERVER_HEADLESS=true
USER 10001
WORKDIR /home/tvae
VOLUME ["/data", "/runs"]
EXPOSE 8501

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; e = os.environ; b = e.get('STREAMLIT_SERVER_BASE_URL_PATH', '').strip('/'); r.urlopen(f\"http://127.0.0.1:{e['STREAMLIT_SERVER_PORT']}/{b + '/' if b else ''}_stcore/health\", timeout=4)"]

CMD ["tvae", "app"]
