// A plot's place on the page: title, controls, and the buttons that save the picture and the data.
import type { ComponentChildren } from "preact";
import { useContext, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { FigureParts, Parts } from "./parts.js";
import { saveCsv, savePng, saveSvg } from "./save.js";

interface Props {
  // Its anchor; "plot-ID" for tests.
  id: string;
  title: string;
  // How many marks it shows.
  marks: number;
  // The file's name, without ending.
  file: string;
  note?: string;
  controls?: ComponentChildren;
  csv(): Iterable<readonly (string | number)[]>;
  children: ComponentChildren;
  wide?: boolean;
}

export function Figure(props: Props) {
  const box = useRef<HTMLElement>(null);
  const name = `${props.file}-${props.id}`;
  const parts = useMemo(() => new Parts(), []);
  const picture = async () => {
    const figure = box.current as HTMLElement;
    if (figure.querySelector("svg.drawing") !== null) return saveSvg(name, figure);
    await parts.drawAll();
    savePng(name, `${props.file}: ${props.title}`, figure);
  };
  return (
    <figure ref={box} id={props.id} class={props.wide === true ? "plot wide" : "plot"} data-testid={`plot-${props.id}`}
            data-marks={props.marks}>
      <figcaption>
        <h2>{props.title}</h2>
        <span class="controls">{props.controls}</span>
        <span class="saves">
          <button type="button" class="quiet" data-testid={`picture-${props.id}`} onClick={() => void picture()}
                  aria-label={`Save the plot ${props.title} as a picture`}>Picture</button>
          <button type="button" class="quiet" data-testid={`csv-${props.id}`} onClick={() => saveCsv(name, props.csv())}
                  aria-label={`Save the data of ${props.title} as CSV`}>CSV</button>
        </span>
      </figcaption>
      <FigureParts.Provider value={parts}>{props.children}</FigureParts.Provider>
      {props.note !== undefined && props.note !== "" && <p class="note" data-testid={`note-${props.id}`}>{props.note}</p>}
    </figure>
  );
}

// Renders its children once it has come near to the window, or a picture is to be saved: a study of 50 parameters has many plots.
export function WhenSeen(props: { height: number; children: ComponentChildren }) {
  const box = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(false);
  const parts = useContext(FigureParts);
  useEffect(() => {
    if (seen) return;
    const remove = parts.add({ draw: () => setSeen(true), empty: true });
    const watcher = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) setSeen(true);
    }, { rootMargin: "300px" });
    watcher.observe(box.current as HTMLDivElement);
    return () => {
      remove();
      watcher.disconnect();
    };
  }, [seen, parts]);
  return <div ref={box} style={seen ? {} : { minHeight: `${props.height}px` }}>{seen ? props.children : null}</div>;
}
