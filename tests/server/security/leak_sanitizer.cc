// What the leak sanitizer is told to pass over: c-ares, which gRPC's resolver uses, keeps a name it read at its start (10 bytes).

extern "C" const char* __lsan_default_suppressions() { return "leak:libcares.so"; }
