#!/bin/sh
# Launches the compiler through ccache, but for precompiled headers: ccache takes two targets' headers for one where only their
# definitions differ (its sloppiness pch_defines, without which it caches nothing that uses one), and the compiler refuses the other's.
# Two builds of one header differ in their bytes, though: ccache goes by the checksum of the preprocessed text that is left beside it, so
# that checkouts in different folders share what they compiled.
export CCACHE_PCH_EXTSUM=1
case " $* " in
  *" -x c++-header "*) ;;
  *) exec ccache "$@" ;;
esac
"$@" || exit
# The same command, but preprocessed only: without -c, -o and what is for dependencies.
definitions=''
previous=''
for argument in "$@"; do
  shift
  case "$previous" in
    -o) header=$argument ;;
    -MF | -MT) ;;
    *)
      case "$argument" in
        -c | -o | -MD | -MF | -MT) ;;
        *) set -- "$@" "$argument" ;;
      esac
      case "$argument" in -D*) definitions="$definitions $argument" ;; esac
      ;;
  esac
  previous=$argument
done
{ echo "$definitions"; "$@" -E -P; } | sha256sum >"$header.sum"
