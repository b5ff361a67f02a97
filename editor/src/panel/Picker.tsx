// Choosing several by typing: tags, authors, tiers. A combobox with a list (WAI-ARIA 1.2), the chosen
// ones before it; Backspace takes the last one away, Alt and an arrow move one.
import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import { Field } from "./Field.tsx";

export interface Option {
  id: number | null;
  name: string;
  note?: string;
}

interface Props {
  label: string;
  one: string;
  chosen: Option[];
  onChange: (chosen: Option[]) => void;
  search: (words: string) => Promise<Option[]> | Option[];
  mayCreate?: boolean;
  help?: string;
  error?: string | undefined;
}

const sameName = (one: Option, other: Option) => one.name.toLowerCase() === other.name.toLowerCase();

export function Picker({ label, one, chosen, onChange, search, mayCreate = false, help, error }: Props) {
  const [words, setWords] = useState("");
  const [options, setOptions] = useState<Option[]>([]);
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const [said, setSaid] = useState("");
  const input = useRef<HTMLInputElement>(null);
  const listId = useId();
  const finder = useRef(search);
  finder.current = search;

  useEffect(() => {
    if (!isOpen) return;
    let isLate = false;
    const timer = setTimeout(
      async () => {
        const found = await Promise.resolve(finder.current(words)).catch(() => []);
        if (!isLate) {
          setOptions(found);
          setActive(0);
        }
      },
      words ? 120 : 0,
    );
    return () => {
      isLate = true;
      clearTimeout(timer);
    };
  }, [words, isOpen]);

  const typed = words.trim().replaceAll(",", "");
  const left = options.filter((option) => !chosen.some((it) => it.id === option.id || sameName(it, option)));
  const isNew = mayCreate && typed !== "" && ![...options, ...chosen].some((it) => sameName(it, { id: null, name: typed }));
  const shown = isNew ? [...left, { id: null, name: typed, note: `Make a new ${one}` }] : left;

  function add(option: Option | undefined): void {
    if (!option) return;
    onChange([...chosen, { id: option.id, name: option.name }]);
    setSaid(`${option.name} added.`);
    setWords("");
  }

  function remove(at: number): void {
    setSaid(`${chosen[at]!.name} removed.`);
    onChange(chosen.filter((_, index) => index !== at));
    input.current?.focus();
  }

  function move(at: number, by: number): void {
    const to = at + by;
    if (to < 0 || to >= chosen.length) return;
    const next = [...chosen];
    [next[at], next[to]] = [next[to]!, next[at]!];
    onChange(next);
    setSaid(`${next[to]!.name} is at place ${to + 1} of ${next.length} now.`);
  }

  function press(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      setOpen(true);
      setActive((active + (event.key === "ArrowDown" ? 1 : -1) + shown.length) % (shown.length || 1));
    } else if ((event.key === "Enter" || (event.key === "," && mayCreate)) && (isOpen || typed)) {
      // What was typed is meant, unless one of the list was gone to.
      add(shown.find((it) => sameName(it, { id: null, name: typed })) ?? shown[active]);
    } else if (event.key === "Escape" && isOpen) {
      setOpen(false);
      event.stopPropagation();
    } else if (event.key === "Backspace" && words === "" && chosen.length) {
      remove(chosen.length - 1);
    } else return;
    event.preventDefault();
  }

  return (
    <Field label={label} help={help} error={error}>
      {(attributes) => (
        <div className="ed-picker" onBlur={(event) => { if (!event.currentTarget.contains(event.relatedTarget)) setOpen(false); }}>
          {chosen.length > 0 && (
            <ul className="ed-chosen">
              {chosen.map((it, at) => (
                <li key={`${it.id} ${it.name}`}>
                  <button
                    type="button"
                    aria-label={`Remove ${it.name}`}
                    title={chosen.length > 1 ? "Remove; Alt and an arrow key move it" : "Remove"}
                    onClick={() => remove(at)}
                    onKeyDown={(event) => {
                      if (event.altKey && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
                        event.preventDefault();
                        move(at, event.key === "ArrowLeft" ? -1 : 1);
                      }
                    }}
                  >
                    {it.name} <span aria-hidden="true">×</span>
                  </button>
                </li>
              ))}
            </ul>
          )}
          <input
            {...attributes}
            ref={input}
            role="combobox"
            autoComplete="off"
            aria-expanded={isOpen && shown.length > 0}
            aria-controls={listId}
            aria-autocomplete="list"
            aria-activedescendant={isOpen && shown[active] ? `${listId}-${active}` : undefined}
            value={words}
            placeholder={`Add ${/^[aeiou]/.test(one) ? "an" : "a"} ${one}`}
            onChange={(event) => {
              setWords(event.target.value);
              setOpen(true);
            }}
            onFocus={() => setOpen(true)}
            onClick={() => setOpen(true)}
            onKeyDown={press}
          />
          <ul id={listId} role="listbox" aria-label={label} hidden={!isOpen || shown.length === 0}>
            {shown.map((option, at) => (
              <li
                key={`${option.id} ${option.name}`}
                id={`${listId}-${at}`}
                role="option"
                aria-selected={at === active}
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => add(option)}
              >
                {option.name}
                {option.note && <small>{option.note}</small>}
              </li>
            ))}
          </ul>
          <span className="ed-unseen" role="status">
            {said}
          </span>
        </div>
      )}
    </Field>
  );
}
