// Debian's abseil is not built with the thread sanitizer, which therefore does not see the atomic counts by which copies of a
// Status share their message and payload: it takes the last copy's delete for a race with what another thread read before it gave
// up its own.

#if defined(__SANITIZE_THREAD__)

extern "C" const char* __tsan_default_suppressions();

extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:libabsl_status.so\n"
         "called_from_lib:libabsl_cord.so\n"
         "called_from_lib:libabsl_cord_internal.so\n"
         "race:absl::*Status::Unref\n";
}

#endif
