// How the post looks where it is found and shared: the fields, each beside what comes of it.
import { useMemo, useRef, useState } from "react";
import type { Session } from "../core/session.ts";
import type { View } from "../core/view.ts";
import type { PageData } from "../page.ts";
import { linesOf } from "../text/document.ts";
import { FILE_TYPES, upload } from "../surface/uploads.ts";
import { TextField } from "./Field.tsx";

interface Props {
  session: Session;
  view: View;
  page: PageData;
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest).replace(/\s+\S*$/, "")} …`;
}

export function Sharing({ session, view, page }: Props) {
  const { fields, errors } = view;
  const { site } = page;
  const change = session.change.bind(session);
  const first = useMemo(() => linesOf(fields.lexical).join(" ").slice(0, 400), [fields.lexical]);
  const title = fields.title || "Untitled";
  const about = fields.custom_excerpt || first;
  const host = site.url.replace(/^https?:\/\//, "");
  const shared = {
    title: fields.og_title || fields.title || "Untitled",
    about: fields.og_description || fields.meta_description || about,
    image: fields.og_image || fields.feature_image,
  };
  const tweeted = {
    title: fields.twitter_title || shared.title,
    about: fields.twitter_description || shared.about,
    image: fields.twitter_image || shared.image,
  };

  return (
    <>
      <details>
        <summary>Search results</summary>
        <TextField label="Title in search results" longest={300} value={fields.meta_title} placeholder={title} error={errors.meta_title} help="About 60 characters are shown." onChange={(meta_title) => change({ meta_title })} />
        <TextField label="Description in search results" rows={3} longest={500} value={fields.meta_description} placeholder={cut(about, 145)} error={errors.meta_description} help="About 145 characters are shown." onChange={(meta_description) => change({ meta_description })} />
        <TextField label="Canonical address" value={fields.canonical_url} placeholder="only where it was published elsewhere first" error={errors.canonical_url} inputMode="url" onChange={(canonical_url) => change({ canonical_url })} />
        <figure className="ed-found" aria-label="In search results">
          <p className="ed-found-where">
            {site.title} <span>{host} › {fields.slug || "…"}</span>
          </p>
          <p className="ed-found-title">{cut(fields.meta_title || title, 60)}</p>
          <p>{cut(fields.meta_description || about, 145) || "The first words of the text stand here."}</p>
        </figure>
      </details>
      <details>
        <summary>When shared</summary>
        <Picture session={session} label="Picture when shared" value={fields.og_image} error={errors.og_image} onChange={(og_image) => change({ og_image })} />
        <TextField label="Title when shared" longest={300} value={fields.og_title} placeholder={title} error={errors.og_title} onChange={(og_title) => change({ og_title })} />
        <TextField label="Description when shared" rows={3} longest={500} value={fields.og_description} placeholder={cut(shared.about, 110)} error={errors.og_description} onChange={(og_description) => change({ og_description })} />
        <figure className="ed-shared" aria-label="When shared, for instance on Facebook">
          {shared.image && <img src={shared.image} alt="" />}
          <figcaption>
            <small>{host}</small>
            <strong>{cut(shared.title, 90)}</strong>
            <span>{cut(shared.about, 110)}</span>
          </figcaption>
        </figure>
      </details>
      <details>
        <summary>On X</summary>
        <Picture session={session} label="Picture on X" value={fields.twitter_image} error={errors.twitter_image} onChange={(twitter_image) => change({ twitter_image })} />
        <TextField label="Title on X" longest={300} value={fields.twitter_title} placeholder={shared.title} error={errors.twitter_title} onChange={(twitter_title) => change({ twitter_title })} />
        <TextField label="Description on X" rows={3} longest={500} value={fields.twitter_description} placeholder={cut(tweeted.about, 110)} error={errors.twitter_description} onChange={(twitter_description) => change({ twitter_description })} />
        <figure className="ed-shared ed-tweet" aria-label="On X">
          {tweeted.image && <img src={tweeted.image} alt="" />}
          <figcaption>
            <strong>{cut(tweeted.title, 70)}</strong>
            <span>{cut(tweeted.about, 110)}</span>
            <small>{host}</small>
          </figcaption>
        </figure>
      </details>
    </>
  );
}

function Picture({ session, label, value, error, onChange }: { session: Session; label: string; value: string | null; error: string | undefined; onChange: (url: string | null) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [failure, setFailure] = useState("");
  const [isBusy, setBusy] = useState(false);

  async function take(file: File | undefined): Promise<void> {
    if (!file) return;
    setBusy(true);
    setFailure("");
    try {
      onChange((await upload(session.api, "image", file)).url);
    } catch (reason) {
      setFailure((reason as Error).message);
    } finally {
      setBusy(false);
    }
  }

  return (
    <div className="ed-field" role="group" aria-label={label}>
      <span className="ed-label">{label}</span>
      {value && <img className="ed-thumb" src={value} alt="" />}
      <input ref={input} type="file" hidden accept={FILE_TYPES.image.mimeTypes.join(",")} onChange={(event) => { void take(event.target.files?.[0]); event.target.value = ""; }} />
      <p className="ed-row">
        <button type="button" disabled={isBusy} onClick={() => input.current?.click()}>
          {isBusy ? "Sending …" : value ? "Replace" : "Choose a picture"}
        </button>
        {value && (
          <button type="button" className="ed-link" onClick={() => onChange(null)}>
            Remove
          </button>
        )}
      </p>
      {(failure || error) && (
        <p className="ed-error" role="alert">
          {failure || error}
        </p>
      )}
    </div>
  );
}
