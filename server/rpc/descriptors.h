// File descriptors: how many this process may have, and how many of them connections may take.

#ifndef PARZEN_SERVER_RPC_DESCRIPTORS_H_
#define PARZEN_SERVER_RPC_DESCRIPTORS_H_

namespace parzen::rpc {

// Raises this process's soft limit to the hard one, at most 1,048,576; done once, at the start. Returns the limit that holds.
int RaiseDescriptorLimit();

// A connection is taken only with a descriptor below this. The kernel gives out the lowest free number, so that as many as lie
// above always stay free for the database, certificates, token files and metrics: an eighth of the limit, at most 64.
int ConnectionDescriptors();

// Whether there is a descriptor left for one more connection.
bool HasConnectionDescriptor();

}  // namespace parzen::rpc

#endif  // PARZEN_SERVER_RPC_DESCRIPTORS_H_
