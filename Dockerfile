# The simulated study: docker build -t tyrosine . && docker run --rm -v "$PWD/data:/home/tyrosine/project/data" tyrosine
FROM python:3.11-slim

RUN useradd --create-home --uid 1000 tyrosine
USER tyrosine
WORKDIR /home/tyrosine/project
ENV PATH=/home/tyrosine/venv/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 DO_NOT_TRACK=1

# Dependencies first, so that a change of the code does not install them anew. TORCH_INDEX is where torch comes from:
# https://download.pytorch.org/whl/cpu, or that of a release of CUDA.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
COPY --chown=tyrosine requirements.lock ./
RUN python -m venv /home/tyrosine/venv && \
    pip install --index-url "$TORCH_INDEX" "$(grep '^torch==' requirements.lock)" && \
    pip install -r requirements.lock

COPY --chown=tyrosine . .
RUN pip install --no-deps --editable .

ENTRYPOINT ["kedro"]
CMD ["run"]
