// Small form elements of the plots.
interface SelectProps {
  label: string;
  value: string;
  options: { value: string; text: string }[];
  testId: string;
  onChange(value: string): void;
}

export function Select(props: SelectProps) {
  return (
    <label class="control">
      <span>{props.label}</span>
      <select data-testid={props.testId} value={props.value} aria-label={props.label}
              onChange={(event) => props.onChange(event.currentTarget.value)}>
        {props.options.map((option) => <option key={option.value} value={option.value}>{option.text}</option>)}
      </select>
    </label>
  );
}

export function Check(props: { label: string; checked: boolean; testId: string; onChange(checked: boolean): void }) {
  return (
    <label class="control">
      <input type="checkbox" data-testid={props.testId} checked={props.checked}
             onChange={(event) => props.onChange(event.currentTarget.checked)} />
      <span>{props.label}</span>
    </label>
  );
}
