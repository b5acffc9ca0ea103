# syntax=docker/dockerfile:1
# A worker of the digits example. From the root of a checkout:  docker build -f docker/worker.Dockerfile -t parzen-digits-worker .
FROM python:3.11-slim-bookworm
COPY clients/python /src/clients/python
RUN pip install --no-cache-dir /src/clients/python scikit-learn numpy && useradd --system --uid 10002 worker
COPY examples/digits /app
WORKDIR /app
USER 10002
ENV OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONUNBUFFERED=1
ENTRYPOINT ["python", "worker.py", "--trials", "64", "digits"]
