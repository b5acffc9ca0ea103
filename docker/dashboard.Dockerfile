# syntax=docker/dockerfile:1
# optuna-dashboard over a Parzen server. From the root of a checkout:  docker build -f docker/dashboard.Dockerfile -t parzen-dashboard .
FROM python:3.11-slim-bookworm
COPY clients/python /src/clients/python
RUN pip install --no-cache-dir '/src/clients/python[optuna]' optuna-dashboard && useradd --system --uid 10003 dashboard
USER 10003
ENV PYTHONUNBUFFERED=1
ENTRYPOINT ["python", "-m", "parzen.optuna", "dashboard"]
CMD ["--listen-host", "0.0.0.0"]
