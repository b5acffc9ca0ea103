// All trials of a study: filtered, sorted by any column, and only the rows in view are in the document.
import { useMemo, useRef, useState } from "preact/hooks";
import type { Brush } from "../data/brush.js";
import { showDuration, showNumber, trialPath } from "../data/format.js";
import { MANY_TRIALS, STATE_NAMES, type StudyData } from "../data/study_data.js";
import { saveCsv } from "../plots/save.js";
import { useBrushVersion } from "../ui/brush_version.js";
import { useKept, useSeen } from "../ui/seen.js";
import { filterRows, sortRows } from "./filter.js";

const ROW = 30; // CSS pixels
const TALLEST = 480; // CSS pixels
const SCROLLBAR = 20;
const MARGIN = 8; // rows above and below those in view
const MOST_PARAMS = 40;
const UNSEEN_PERIOD = 500; // ms

interface Column {
  // As the filter knows it, and no other column.
  name: string;
  title: string;
  cell(row: number): string;
  exact(row: number): string | number;
  numeric: boolean;
}

function columnsOf(study: StudyData, params: number): Column[] {
  const number = (name: string, of: (row: number) => number, title = name): Column => ({
    name, title, numeric: true,
    cell: (row) => (Number.isNaN(of(row)) ? "" : showNumber(of(row))),
    exact: (row) => (Number.isNaN(of(row)) ? "" : of(row)),
  });
  const text = (name: string, of: (row: number) => string, title = name): Column => ({ name, title, numeric: false, cell: of, exact: of });
  return [
    number("trial", (row) => row),
    text("state", (row) => STATE_NAMES[study.state.get(row)]),
    ...study.values.map((column, k) => number(`value:${k}`, (row) => column.get(row), study.objectiveName(k))),
    ...study.params.slice(0, params).map((param) => (param.kind === "categorical"
      ? text(`param:${param.name}`, (row) => param.show(param.values.get(row)), param.name)
      : number(`param:${param.name}`, (row) => param.values.get(row), param.name))),
    text("worker", (row) => study.workerName(row)),
    { ...number("duration", (row) => (study.finished.get(row) - study.started.get(row)) / 1000),
      cell: (row) => showDuration(study.finished.get(row) - study.started.get(row)) },
    number("retries", (row) => study.attempt.get(row)),
  ];
}

interface Props {
  study: StudyData;
  brush: Brush;
  version: number;
  open(row: number): void;
}

export function Table(props: Props) {
  const { study, brush, open } = props;
  const box = useRef<HTMLDivElement>(null);
  const idle = !useSeen(box) && study.count > MANY_TRIALS;
  const brushVersion = useBrushVersion(brush, idle ? UNSEEN_PERIOD : 0);
  const version = useKept(props.version, idle);
  const [filter, setFilter] = useState("");
  const [sort, setSort] = useState({ name: "trial", descending: true });
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(480);
  const [active, setActive] = useState(0);
  const columns = useMemo(() => columnsOf(study, MOST_PARAMS), [study, study.params.length, study.values.length]);
  const rows = useMemo(() => sortRows(study, filterRows(study, filter, brush.selected(study)), sort.name, sort.descending),
                       [study, version, brushVersion, filter, sort]);
  const first = Math.max(0, Math.floor(top / ROW) - MARGIN);
  const last = Math.min(rows.length, Math.ceil((top + height) / ROW) + MARGIN);
  const current = Math.min(active, rows.length - 1);

  const move = (to: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, to));
    setActive(next);
    const view = box.current;
    if (view === null) return;
    if (next * ROW < view.scrollTop) view.scrollTop = next * ROW;
    if ((next + 2) * ROW > view.scrollTop + view.clientHeight) view.scrollTop = (next + 2) * ROW - view.clientHeight;
  };
  const key = (event: KeyboardEvent) => {
    const page = Math.floor(height / ROW) - 2;
    const moves: Record<string, number> = { ArrowDown: current + 1, ArrowUp: current - 1, PageDown: current + page,
                                            PageUp: current - page, Home: 0, End: rows.length - 1 };
    if (event.key in moves) {
      event.preventDefault();
      move(moves[event.key]);
    } else if (event.key === "Enter" && event.target === box.current && rows.length > 0) {
      open(rows[current]);
    }
  };
  const sortBy = (name: string) => setSort({ name, descending: sort.name === name ? !sort.descending : name === "trial" });
  function* csv() {
    const all = columnsOf(study, study.params.length);
    yield all.map((column) => column.title);
    for (const row of rows) yield all.map((column) => column.exact(row));
  }

  return (
    <section id="trials" class="plot wide" data-testid="trials">
      <figcaption>
        <h2>Trials</h2>
        <input type="search" class="filter" data-testid="table-filter" placeholder="Filter: lr<0.01 state=failed …"
               aria-label="Filter trials" value={filter} onInput={(event) => { setFilter(event.currentTarget.value); setTop(0); }} />
        <span class="note" data-testid="table-count">{rows.length} of {study.seen}</span>
        <button type="button" class="quiet" data-testid="csv-trials" onClick={() => saveCsv(`${study.name}-trials`, csv())}>CSV</button>
      </figcaption>
      <div class="table" ref={box} tabIndex={0} role="grid" aria-rowcount={rows.length + 1} aria-label="Trials" data-testid="table"
           data-rows={rows.length} onKeyDown={key} style={{ height: `${Math.min(TALLEST, (rows.length + 1) * ROW + SCROLLBAR)}px` }}
           onScroll={(event) => { setTop(event.currentTarget.scrollTop); setHeight(event.currentTarget.clientHeight); }}>
        <table role="presentation">
          <thead>
            <tr role="row">
              {columns.map((column) => (
                <th key={column.name} role="columnheader" class={column.numeric ? "number" : ""} aria-sort={
                  sort.name !== column.name ? "none" : sort.descending ? "descending" : "ascending"}>
                  <button type="button" data-testid={`sort-${column.title}`} title={column.title} aria-label={`Sort by ${column.title}`} onClick={() => sortBy(column.name)}>
                    {column.title}{sort.name === column.name ? (sort.descending ? " ↓" : " ↑") : ""}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <tr aria-hidden="true" class="room" style={{ height: `${first * ROW}px` }} />
            {Array.from(rows.subarray(first, last), (row, k) => (
              <tr key={row} role="row" data-testid="trial-row" data-trial={row} class={first + k === current ? "active" : ""}
                  aria-rowindex={first + k + 2} onClick={(event) => {
                    if ((event.target as HTMLElement).closest("a") === null) setActive(first + k);
                  }}>
                {columns.map((column) => (
                  <td key={column.name} role="gridcell" class={column.numeric ? "number" : ""}>
                    {column.name === "trial" ? <a href={trialPath(study.name, row)}>{row}</a>
                      : column.name === "state" ? <span class={`state ${column.cell(row)}`}>{column.cell(row)}</span> : column.cell(row)}
                  </td>
                ))}
              </tr>
            ))}
            <tr aria-hidden="true" class="room" style={{ height: `${(rows.length - last) * ROW}px` }} />
          </tbody>
        </table>
      </div>
    </section>
  );
}
