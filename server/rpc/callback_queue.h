// The threads that poll connections and run callbacks.
//
// gRPC's own queue of callbacks (1.51) has at least two threads, of which one polls at a time: with each event it wakes the other
// one to poll on, and is then woken by it to run the callback, so that a short call costs four switches between threads and as
// many system calls as the call itself. And a thread that has had nothing to do for a second sleeps for a tenth of one, calls or
// none. The queue here has a thread for every two cores and no such pause. With one thread, what an event brings is done where it
// is found. No handler blocks or computes, so that one thread is enough for the two cores that the other is left to: the writer,
// and the sampling.
//
// It takes the place of gRPC's by the name of the function that makes it (callback_queue.cc), for the whole program. A gRPC
// without that function, or one that is linked so that it calls its own, goes on with its own queue.

#ifndef PARZEN_SERVER_RPC_CALLBACK_QUEUE_H_
#define PARZEN_SERVER_RPC_CALLBACK_QUEUE_H_

namespace parzen::rpc {

// Has the queue in the program; before its first server or channel.
void UseCallbackQueue();

// How many threads a machine with so many cores polls with.
int CallbackThreads(unsigned cores);

// How many poll now: none while there is no server and no channel whose calls are answered by callbacks.
int RunningCallbackThreads();

}  // namespace parzen::rpc

#endif  // PARZEN_SERVER_RPC_CALLBACK_QUEUE_H_
