#!/bin/sh
# Launches the compiler through ccache, but for precompiled headers: ccache takes two targets' headers for one where only their
# definitions differ (its sloppiness pch_defines, without which it caches nothing that uses one), and the compiler refuses the other's.
case " $* " in
  *" -x c++-header "*) exec "$@" ;;
esac
exec ccache "$@"
