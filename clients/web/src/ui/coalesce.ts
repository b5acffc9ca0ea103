// Redraws at most once a frame, and more rarely the longer a redraw takes.

// Calls `draw` soon after each request, but not within `least` ms of the last time, and leaves the page three times as long in peace
// as the drawing took.
export function coalesce(draw: () => void, least: () => number = () => 16): { request(): void; cancel(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let cost = 0;
  return {
    request() {
      timer ??= setTimeout(() => {
        timer = undefined;
        const begun = performance.now();
        draw();
        requestAnimationFrame(() => (cost = Math.min(1000, performance.now() - begun)));
      }, Math.max(least(), cost * 3));
    },
    cancel() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
