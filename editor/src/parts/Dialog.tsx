// A dialog: the browser's own, which keeps the focus and gives it back.
import { useEffect, useId, useRef, type ReactNode } from "react";
import { Icon } from "./Icon.tsx";

interface Props {
  title: string;
  onClose: () => void;
  children: ReactNode;
  isWide?: boolean;
  /** Without a way to close it but deciding. */
  mustDecide?: boolean;
}

export function Dialog({ title, onClose, children, isWide = false, mustDecide = false }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();

  useEffect(() => {
    const dialog = element.current!;
    const before = document.activeElement as HTMLElement | null;
    if (!dialog.open) dialog.showModal();
    return () => {
      if (dialog.open) dialog.close();
      if (before?.isConnected) before.focus();
    };
  }, []);

  return (
    <dialog
      ref={element}
      className={isWide ? "ed-dialog ed-wide" : "ed-dialog"}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        if (!mustDecide) onClose();
      }}
      onClick={(event) => {
        if (event.target === element.current && !mustDecide) onClose();
      }}
    >
      <header>
        <h2 id={id}>{title}</h2>
        {!mustDecide && (
          <button type="button" className="ed-quiet ed-round" aria-label="Close" onClick={onClose}>
            <Icon name="close" />
          </button>
        )}
      </header>
      {children}
    </dialog>
  );
}
