// A fresh request id for each act: sent twice, it acts once.
export function requestId(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  // Without TLS, browsers offer randomUUID on loopback addresses only.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
