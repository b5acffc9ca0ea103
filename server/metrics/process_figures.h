// The figures of this process under the names that Prometheus' own clients give them: process_cpu_seconds_total,
// process_resident_memory_bytes, process_virtual_memory_bytes, process_open_fds, process_max_fds, process_threads and
// process_start_time_seconds. From /proc; what cannot be read is left out.

#ifndef PARZEN_SERVER_METRICS_PROCESS_FIGURES_H_
#define PARZEN_SERVER_METRICS_PROCESS_FIGURES_H_

#include <prometheus/metric_family.h>

#include <vector>

namespace parzen::metrics {

std::vector<prometheus::MetricFamily> ProcessFigures();

}  // namespace parzen::metrics

#endif  // PARZEN_SERVER_METRICS_PROCESS_FIGURES_H_
