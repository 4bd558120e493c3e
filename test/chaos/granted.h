// What a ticker grants and faster processes live by: time passes at a pace, but never beyond a limit that has to be moved on.

#pragma once
#include <atomic>
#include <cstdint>

/** At `since`, nanoseconds of the real monotonic clock, so many had been lived; they pass so many times as fast, up to the limit. */
struct Granted { int64_t since, lived, limit, factor; };
/** Two take turns, so that whoever reads is never waited for: number `version` is in the place `version % 2`. */
struct Page { std::atomic<int64_t> version; Granted two[2]; };

inline int64_t livedAt(const Granted& granted, int64_t real) {
  const int64_t lived = granted.lived + (real - granted.since) * granted.factor;
  return lived < granted.limit ? lived : granted.limit;
}
inline Granted read(const Page& page) {
  for (;;) {
    const int64_t version = page.version.load(std::memory_order_acquire);
    const Granted granted = page.two[version % 2];
    std::atomic_thread_fence(std::memory_order_acquire);
    // Only the other place is written until the number changes.
    if (page.version.load(std::memory_order_relaxed) == version) return granted;
  }
}
inline void write(Page& page, const Granted& granted) {
  const int64_t next = page.version.load(std::memory_order_relaxed) + 1;
  page.two[next % 2] = granted;
  page.version.store(next, std::memory_order_release);
}
