// The title: one paragraph that grows, and from whose end one goes on into the text.
import { useEffect, useRef, type KeyboardEvent } from "react";

interface Props {
  value: string;
  placeholder: string;
  error: string | undefined;
  focusRef: React.MutableRefObject<HTMLTextAreaElement | null>;
  onChange: (title: string) => void;
  onLeave: (withParagraph: boolean) => void;
}

export function Title({ value, placeholder, error, focusRef, onChange, onLeave }: Props) {
  const own = useRef<HTMLTextAreaElement | null>(null);

  useEffect(() => {
    const element = own.current!;
    const fit = () => {
      element.style.height = "auto";
      element.style.height = `${element.scrollHeight}px`;
    };
    fit();
    addEventListener("resize", fit);
    return () => removeEventListener("resize", fit);
  }, [value]);

  function press(event: KeyboardEvent<HTMLTextAreaElement>): void {
    if (event.nativeEvent.isComposing) return;
    const { selectionEnd } = event.currentTarget;
    const isAtEnd = selectionEnd === value.length;
    if (event.key === "Enter" || (event.key === "ArrowDown" && isAtEnd) || (event.key === "Tab" && !event.shiftKey)) {
      event.preventDefault();
      onLeave(event.key === "Enter" && !event.shiftKey);
    }
  }

  return (
    <div className="ed-title">
      <textarea
        ref={(element) => {
          own.current = element;
          focusRef.current = element;
        }}
        rows={1}
        aria-label="Title"
        aria-invalid={error ? true : undefined}
        aria-describedby={error ? "title-error" : undefined}
        placeholder={placeholder}
        value={value}
        onChange={(event) => onChange(event.target.value.replaceAll(/[\r\n]+/g, " "))}
        onKeyDown={press}
      />
      {error && (
        <p className="ed-error" id="title-error">
          {error}
        </p>
      )}
    </div>
  );
}
