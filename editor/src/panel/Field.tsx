// One field of the panel: its label, its help, and its error beside it.
import { useId, type ReactNode } from "react";

interface Props {
  label: string;
  help?: ReactNode;
  error?: string | undefined;
  /** How long it may be, and how long it is best. */
  longest?: number;
  length?: number;
  children: (attributes: { id: string; "aria-describedby"?: string; "aria-invalid"?: true }) => ReactNode;
}

export function Field({ label, help, error, longest, length, children }: Props) {
  const id = useId();
  const about = [error && `${id}-error`, help && `${id}-help`].filter(Boolean).join(" ");
  return (
    <div className="ed-field">
      <label htmlFor={id}>
        <span>{label}</span>
        {longest !== undefined && length !== undefined && length > 0 && (
          <span className={length > longest ? "ed-count ed-bad" : "ed-count"}>
            {length}/{longest}
          </span>
        )}
      </label>
      {children({ id, ...(about ? { "aria-describedby": about } : {}), ...(error ? { "aria-invalid": true as const } : {}) })}
      {error && (
        <p className="ed-error" id={`${id}-error`}>
          {error}
        </p>
      )}
      {help && (
        <p className="ed-help" id={`${id}-help`}>
          {help}
        </p>
      )}
    </div>
  );
}

interface TextProps {
  label: string;
  value: string | null;
  onChange: (value: string | null) => void;
  error?: string | undefined;
  help?: ReactNode;
  placeholder?: string;
  longest?: number;
  rows?: number;
  isCode?: boolean;
  inputMode?: "url" | "text";
}

/** A text that may be left empty, which is kept as nothing. */
export function TextField({ label, value, onChange, error, help, placeholder, longest, rows, isCode, inputMode }: TextProps) {
  const shared = {
    value: value ?? "",
    placeholder,
    onChange: (event: { target: { value: string } }) => onChange(event.target.value || null),
  };
  return (
    <Field label={label} help={help} error={error} {...(longest === undefined ? {} : { longest, length: value?.length ?? 0 })}>
      {(attributes) =>
        rows ? (
          <textarea {...attributes} {...shared} rows={rows} className={isCode ? "ed-code" : undefined} spellCheck={!isCode} />
        ) : (
          <input {...attributes} {...shared} inputMode={inputMode} spellCheck={inputMode !== "url"} />
        )
      }
    </Field>
  );
}

export function Switch({ label, value, onChange, help }: { label: string; value: boolean; onChange: (value: boolean) => void; help?: string }) {
  const id = useId();
  return (
    <div className="ed-switch">
      <input id={id} type="checkbox" checked={value} aria-describedby={help ? `${id}-help` : undefined} onChange={(event) => onChange(event.target.checked)} />
      <label htmlFor={id}>{label}</label>
      {help && (
        <p className="ed-help" id={`${id}-help`}>
          {help}
        </p>
      )}
    </div>
  );
}
