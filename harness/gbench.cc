// SPDX-License-Identifier: MIT
// The shim over Google Benchmark, and the only C++. What it hides, and why, is in docs/google-benchmark.md.
#include "harness/gbench.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <new>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr char kOperations[] = "operations";

struct Span {
  Clock::time_point start, end;
  bool ran = false;
};

// One run: what its threads share.
class Run {
 public:
  explicit Run(const gbench_definition &definition) : definition_(definition), spans_(definition.threads) {}

  void Body(benchmark::State &state) {
    const auto thread = static_cast<unsigned>(state.thread_index());
    const int failed = definition_.setup(definition_.user, thread);
    if (failed != 0) setup_failed_ = true;
    Fail(failed);
    // A thread whose setup failed enters the loop as well: the library counts on every thread to meet the others at the
    // barriers before and after it. One iteration stands for the whole step, so it is never left early.
    while (state.KeepRunning()) {
      if (!setup_failed_) Step(state, thread);
      if (error_.load() != 0) state.SkipWithError("a setup or step failed");
    }
    if (failed == 0) definition_.teardown(definition_.user, thread);
  }

  int error() const { return error_.load(); }

  // Wall time over all threads. The library's own is the mean of the threads' times before 1.9, a sum after.
  double Seconds() const {
    Clock::time_point start = Clock::time_point::max(), end = Clock::time_point::min();
    for (const Span &span : spans_) {
      if (!span.ran) continue;
      start = std::min(start, span.start);
      end = std::max(end, span.end);
    }
    return end > start ? std::chrono::duration<double>(end - start).count() : 0;
  }

 private:
  void Step(benchmark::State &state, unsigned thread) {
    uint64_t done = 0;
    Span &span = spans_[thread];
    span.start = Clock::now();
    Fail(definition_.step(definition_.user, thread, definition_.operations, &done));
    span.end = Clock::now();
    span.ran = true;
    state.counters[kOperations] = benchmark::Counter(static_cast<double>(done));
  }

  // Keeps the first error.
  void Fail(int error) {
    int none = 0;
    if (error != 0) error_.compare_exchange_strong(none, error);
  }

  const gbench_definition &definition_;
  std::atomic<int> error_{0};
  std::atomic<bool> setup_failed_{false};
  std::vector<Span> spans_;
};

// Takes the numbers and prints nothing: the library's own reporters print a banner, and its default one is freed by the
// first run of a process and used by the second.
class Reporter : public benchmark::BenchmarkReporter {
 public:
  Reporter() : silent_(nullptr) {
    SetOutputStream(&silent_);
    SetErrorStream(&silent_);
  }
  bool ReportContext(const Context &) override { return true; }
  void ReportRuns(const std::vector<benchmark::BenchmarkReporter::Run> &runs) override {
    for (const auto &run : runs) {
      const auto counter = run.counters.find(kOperations);
      if (counter == run.counters.end()) continue;
      reports_++;
      operations_ = static_cast<uint64_t>(counter->second.value);
      cpu_seconds_ = run.cpu_accumulated_time;
    }
  }
  int reports() const { return reports_; }
  uint64_t operations() const { return operations_; }
  double cpu_seconds() const { return cpu_seconds_; }

 private:
  std::ostream silent_;
  int reports_ = 0;
  uint64_t operations_ = 0;
  double cpu_seconds_ = 0;
};

// The library takes the defaults of its flags from BENCHMARK_* (and V) in the environment as it is loaded, before
// anything here could unset them, and some of them change what runs. Naming each flag overrules the environment;
// arguments of the user never come here, where --help would end the process.
void OverruleEnvironment() {
  std::string flags[] = {
      "storebench",
      "--benchmark_list_tests=false",
      "--benchmark_repetitions=1",
      "--benchmark_min_warmup_time=0",
      "--benchmark_enable_random_interleaving=false",
      "--benchmark_report_aggregates_only=false",
      "--benchmark_display_aggregates_only=false",
      "--benchmark_format=console",
      "--benchmark_out=",
      "--benchmark_out_format=json",
      "--benchmark_color=false",
      "--benchmark_perf_counters=",
      "--benchmark_time_unit=ns",
      "--v=0",
  };
  std::vector<char *> arguments;
  for (std::string &flag : flags) arguments.push_back(&flag[0]);
  int count = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  benchmark::Initialize(&count, arguments.data());
}

int RunOnce(const gbench_definition &definition, gbench_result &result) {
  Run run(definition);
  Reporter reporter;
  // Once a process: a second time it complains on stderr that BENCHMARK_CONTEXT is already known.
  static std::once_flag initialized;
  std::call_once(initialized, OverruleEnvironment);
  // An explicit count of iterations is what stops the library from calibrating, which runs the body again and again.
  benchmark::RegisterBenchmark(definition.name, [&run](benchmark::State &state) { run.Body(state); })
      ->Iterations(1)
      ->Repetitions(1)
      ->Threads(static_cast<int>(definition.threads));
  // The first argument is a regular expression; names are no part of it, since they may hold any character.
  benchmark::RunSpecifiedBenchmarks(&reporter, ".");
  if (run.error() != 0) return run.error();
  if (reporter.reports() != 1) return -EIO;
  result.operations = reporter.operations();
  result.seconds = run.Seconds();
  result.cpu_seconds = reporter.cpu_seconds();
  return 0;
}

}  // namespace

int gbench_run(const gbench_definition *definition, gbench_result *result) {
  *result = gbench_result{};
  if (definition->threads == 0) return result->error = -EINVAL;
  try {
    benchmark::ClearRegisteredBenchmarks();
    result->error = RunOnce(*definition, *result);
  } catch (const std::bad_alloc &) {
    result->error = -ENOMEM;
  } catch (const std::system_error &error) {
    result->error = error.code().value() > 0 ? -error.code().value() : -EIO;
  }
  // The registered body refers to objects that are gone now.
  benchmark::ClearRegisteredBenchmarks();
  return result->error;
}
