#!/bin/sh
# Launches the compiler through ccache. A precompiled header that is made anew is removed first: ccache preprocesses before it
# compiles, would do so with the old header and take the old result from its cache.
case " $* " in
  *" -x c++-header "*) rm -f -- "$(printf '%s\n' "$@" | sed -n '/^-o$/{n;p;}')" ;;
esac
exec ccache "$@"
