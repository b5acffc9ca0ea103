// Redraws at most once a frame, and more rarely the longer a redraw takes.

// Calls `draw` after each request: at once where the last time is long ago, but not within `least` ms of it, and it leaves the page three
// times as long in peace as that drawing took.
export function coalesce(draw: () => void, least: () => number = () => 16): { request(): void; cancel(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let cost = 0;
  let drawnAt = -Infinity;
  return {
    request() {
      timer ??= setTimeout(() => {
        timer = undefined;
        const begun = performance.now();
        draw();
        drawnAt = performance.now();
        requestAnimationFrame(() => {
          drawnAt = performance.now();
          cost = Math.min(1000, drawnAt - begun);
        });
      }, Math.max(0, drawnAt + Math.max(least(), cost * 3) - performance.now()));
    },
    cancel() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
