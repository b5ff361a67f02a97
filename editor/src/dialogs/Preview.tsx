// Looking at it as readers will: who they are, how wide their window is, and a link to send around.
import { useEffect, useState } from "react";
import type { Session } from "../core/session.ts";
import type { PageData } from "../page.ts";
import { Dialog } from "../parts/Dialog.tsx";
import { briefly } from "../text/zone.ts";

const READERS = [
  ["anonymous", "Anybody"],
  ["member", "A member"],
  ["paid", "A paying member"],
] as const;

export function PreviewDialog({ session, page, onClose }: { session: Session; page: PageData; onClose: () => void }) {
  const [address, setAddress] = useState("");
  const [reader, setReader] = useState<string>("anonymous");
  const [width, setWidth] = useState("desktop");
  const [link, setLink] = useState<{ url: string; expires_at: string } | null>(null);
  const [error, setError] = useState("");
  const [days, setDays] = useState(7);

  useEffect(() => {
    session
      .flush()
      .then(() => {
        const { preview } = session.view().post;
        if (!preview) throw new Error("Write something first; there is nothing to look at yet.");
        setAddress(preview);
      })
      .catch((reason: Error) => setError(reason.message));
  }, [session]);

  async function share(): Promise<void> {
    setError("");
    try {
      const made = await session.api.send<{ url: string; expires_at: string }>("POST", `/admin/posts/${session.view().post.id}/preview-link`, { days });
      setLink(made);
      await navigator.clipboard?.writeText(made.url).catch(() => {});
    } catch (reason) {
      setError((reason as Error).message);
    }
  }

  const url = address ? `${address}?as=${reader}` : null;
  return (
    <Dialog title="Preview" onClose={onClose} isWide>
      <div className="ed-row ed-preview-tools">
        <label>
          As
          <select value={reader} onChange={(event) => setReader(event.target.value)}>
            {READERS.map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <label>
          On
          <select value={width} onChange={(event) => setWidth(event.target.value)}>
            <option value="desktop">A desk</option>
            <option value="phone">A phone</option>
          </select>
        </label>
        {url && (
          <a className="ed-button" href={url} target="_blank" rel="noopener">
            In a tab of its own
          </a>
        )}
        <span className="ed-row ed-share">
          <label>
            Link for
            <select value={days} onChange={(event) => setDays(Number(event.target.value))}>
              <option value={1}>a day</option>
              <option value={7}>a week</option>
              <option value={30}>a month</option>
            </select>
          </label>
          <button type="button" onClick={() => void share()}>
            Make a link
          </button>
        </span>
      </div>
      {link && (
        <p className="ed-notice" data-tone="good" role="status">
          Whoever has this link can read it until {briefly(link.expires_at, page.site.zone)}, without an account: <a href={link.url}>{link.url}</a>
        </p>
      )}
      {error && (
        <p className="ed-error" role="alert">
          {error}
        </p>
      )}
      {url && (
        <div className="ed-preview" data-width={width}>
          <iframe title="Preview" src={url} />
        </div>
      )}
    </Dialog>
  );
}
