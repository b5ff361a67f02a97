// The picture above the title: chosen, dropped or pasted, with its alternative text and caption.
import { useId, useRef, useState, type DragEvent } from "react";
import type { Session } from "../core/session.ts";
import type { Fields } from "../core/fields.ts";
import { Line } from "../surface/Line.tsx";
import { FILE_TYPES, upload } from "../surface/uploads.ts";
import { Icon } from "./Icon.tsx";

const ACCEPT = FILE_TYPES.image.mimeTypes.join(",");

export function FeatureImage({ session, fields, isDark }: { session: Session; fields: Fields; isDark: boolean }) {
  const input = useRef<HTMLInputElement>(null);
  const [percent, setPercent] = useState<number | null>(null);
  const [error, setError] = useState("");
  const [isOver, setOver] = useState(false);
  const altId = useId();
  const errorId = useId();

  async function take(file: File | undefined): Promise<void> {
    if (!file) return;
    setError("");
    setPercent(0);
    try {
      const { url } = await upload(session.api, "image", file, setPercent);
      session.change({ feature_image: url });
    } catch (reason) {
      setError((reason as Error).message);
    } finally {
      setPercent(null);
    }
  }

  const drop = {
    onDragOver: (event: DragEvent) => {
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      void take(event.dataTransfer.files[0]);
    },
  };

  return (
    <div className="ed-feature" data-over={isOver || undefined} {...drop}>
      <input
        ref={input}
        type="file"
        accept={ACCEPT}
        hidden
        onChange={(event) => {
          void take(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
      {fields.feature_image ? (
        <figure>
          <div className="ed-feature-picture">
            <img src={fields.feature_image} alt={fields.feature_image_alt ?? ""} />
            <div className="ed-feature-tools">
              <button type="button" onClick={() => input.current?.click()}>
                Replace
              </button>
              <button
                type="button"
                onClick={() => session.change({ feature_image: null, feature_image_alt: null, feature_image_caption: null })}
              >
                Remove
              </button>
            </div>
          </div>
          <figcaption>
            <Line
              html={fields.feature_image_caption ?? ""}
              isDark={isDark}
              placeholder="Caption of the feature image"
              onChange={(html) => session.change({ feature_image_caption: html || null })}
            />
            <label htmlFor={altId}>
              <span>Alternative text</span>
              <input
                id={altId}
                value={fields.feature_image_alt ?? ""}
                maxLength={191}
                placeholder="What the picture shows, for those who do not see it"
                onChange={(event) => session.change({ feature_image_alt: event.target.value || null })}
              />
            </label>
          </figcaption>
        </figure>
      ) : (
        <button type="button" className="ed-quiet ed-feature-add" aria-describedby={error ? errorId : undefined} onClick={() => input.current?.click()}>
          <Icon name="image" /> Add a feature image
        </button>
      )}
      {percent !== null && (
        <p className="ed-progress" role="status">
          <progress max={100} value={percent} aria-label="Upload" /> {percent} %
        </p>
      )}
      {error && (
        <p className="ed-error" id={errorId} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
