// Publishing: when, to whom, and what to look at before. What a machine can find out is not asked.
import { useEffect, useState } from "react";
import type { Check, Done } from "../core/answers.ts";
import { Refused } from "../core/api.ts";
import type { Session } from "../core/session.ts";
import type { View } from "../core/view.ts";
import type { PageData } from "../page.ts";
import { Dialog } from "../parts/Dialog.tsx";
import { briefly, fromZone, inZone, spoken } from "../text/zone.ts";
import type { Note } from "../text/notes.ts";

interface Props {
  session: Session;
  view: View;
  page: PageData;
  notes: Note[];
  onClose: () => void;
  onErrors: () => void;
}

type How = "web" | "both" | "mail";

const HOUR = 3_600_000;

/** The next full hour, at least half an hour ahead. */
function soon(zone: string): { date: string; time: string } {
  return inZone(new Date(Math.ceil((Date.now() + HOUR / 2) / HOUR) * HOUR).toISOString(), zone);
}

export function PublishDialog({ session, view, page, notes, onClose, onErrors }: Props) {
  const { fields, post } = view;
  const { zone } = page.site;
  const isScheduled = post.status === "scheduled";
  const kind = fields.is_page ? "page" : "post";
  const [checks, setChecks] = useState<Check[] | null>(null);
  const [isLater, setLater] = useState(isScheduled);
  const [at, setAt] = useState(() => (isScheduled && post.publishedAt ? inZone(post.publishedAt, zone) : soon(zone)));
  const [how, setHow] = useState<How>("web");
  const [newsletter, setNewsletter] = useState(page.newsletters[0]?.id ?? null);
  const [segment, setSegment] = useState("all");
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const [done, setDone] = useState<Done | null>(null);
  const mayMail = page.site.sends && page.newsletters.length > 0 && !fields.is_page && !isScheduled;
  const moment = fromZone(at, zone);
  const isPast = isLater && moment !== null && Date.parse(moment) <= Date.now();

  useEffect(() => {
    let isLate = false;
    async function look(): Promise<void> {
      try {
        await session.flush();
        const found = await session.api.get<Check[]>(`/admin/posts/${session.view().post.id}/checks`, { seconds: 60 });
        if (isLate) return;
        setChecks(found);
        // What must be mended stands beside its field as well, where this dialog is closed for it.
        const fields = found.filter((it) => it.level === "error" && typeof it.where === "string");
        if (fields.length) session.showErrors(Object.fromEntries(fields.map((it) => [it.where, it.sentence])));
      } catch (reason) {
        if (!isLate) {
          setChecks([]);
          setError((reason as Error).message);
        }
      }
    }
    void look();
    return () => {
      isLate = true;
    };
  }, [session]);

  const known = new Set((checks ?? []).map((it) => it.sentence));
  const warnings = [...(checks ?? []), ...notes.filter((it) => !known.has(it.sentence) && it.code !== "alt").map((it) => ({ level: "warning" as const, code: it.code, sentence: it.sentence, where: null }))];
  const stops = warnings.some((it) => it.level === "error");

  async function go(): Promise<void> {
    setBusy(true);
    setError("");
    try {
      session.change({ email_only: how === "mail" });
      const sending = how === "web" || newsletter === null ? null : { id: newsletter, segment };
      setDone(await session.act("publish", { at: isLater ? moment : null, newsletter: sending }));
    } catch (reason) {
      setError((reason as Error).message);
      if (reason instanceof Refused) {
        if (Object.keys(reason.errors).some((name) => name !== "published_at")) {
          session.showErrors(reason.errors);
          onErrors();
        }
      }
    } finally {
      setBusy(false);
    }
  }

  if (done) {
    return (
      <Dialog title={done.status === "scheduled" ? "Scheduled" : done.status === "sent" ? "On its way" : "It is live"} onClose={onClose}>
        <p>
          {done.status === "scheduled" && done.published_at
            ? `“${fields.title}” will be published on ${spoken(done.published_at, zone)} (${zone}).`
            : done.status === "sent"
              ? `“${fields.title}” is being sent.`
              : `“${fields.title}” can be read now.`}
        </p>
        <p className="ed-row ed-end">
          {done.status === "published" && (
            <a className="ed-button ed-main-button" href={done.path} target="_blank" rel="noopener">
              See it
            </a>
          )}
          <button type="button" onClick={onClose}>
            Go on writing
          </button>
        </p>
      </Dialog>
    );
  }

  return (
    <Dialog title={isScheduled ? "Scheduled" : `Publish this ${kind}`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void go();
        }}
      >
        {mayMail && (
          <fieldset>
            <legend>How</legend>
            {(
              [
                ["web", "Publish on the site"],
                ["both", "Publish on the site, and send it"],
                ["mail", "Send it by e-mail only"],
              ] as const
            ).map(([value, label]) => (
              <label key={value} className="ed-radio">
                <input type="radio" name="how" checked={how === value} onChange={() => setHow(value)} /> {label}
              </label>
            ))}
            {how !== "web" && (
              <div className="ed-row">
                <label>
                  Newsletter
                  <select value={newsletter ?? ""} onChange={(event) => setNewsletter(Number(event.target.value))}>
                    {page.newsletters.map((it) => (
                      <option key={it.id} value={it.id}>
                        {it.name}
                      </option>
                    ))}
                  </select>
                </label>
                <label>
                  To
                  <select value={segment} onChange={(event) => setSegment(event.target.value)}>
                    <option value="all">All subscribers</option>
                    <option value="status:free">Free members</option>
                    <option value="status:-free">Paying members</option>
                  </select>
                </label>
              </div>
            )}
          </fieldset>
        )}
        <fieldset>
          <legend>When</legend>
          <label className="ed-radio">
            <input type="radio" name="when" checked={!isLater} onChange={() => setLater(false)} /> Right now
          </label>
          <label className="ed-radio">
            <input type="radio" name="when" checked={isLater} onChange={() => setLater(true)} /> At a time
          </label>
          {isLater && (
            <>
              <div className="ed-row">
                <input type="date" aria-label="Date" required value={at.date} onChange={(event) => setAt({ ...at, date: event.target.value })} />
                <input type="time" aria-label="Time" required value={at.time} onChange={(event) => setAt({ ...at, time: event.target.value })} />
              </div>
              <p className={isPast ? "ed-error" : "ed-help"}>
                {isPast ? "That time is past." : moment ? `${briefly(moment, zone)} in the site’s zone, ${zone}.` : "Choose a date and a time."}
              </p>
            </>
          )}
        </fieldset>
        <section aria-label="Before you publish" aria-busy={checks === null}>
          <h3>Before you publish</h3>
          {checks === null ? (
            <p className="ed-soft">Looking through links, pictures and headings …</p>
          ) : warnings.length === 0 ? (
            <p className="ed-good">Nothing to mend.</p>
          ) : (
            <ul className="ed-checks">
              {warnings.map((it, index) => (
                <li key={index} data-level={it.level}>
                  {it.level === "error" ? "Must be mended: " : ""}
                  {it.sentence}
                </li>
              ))}
            </ul>
          )}
        </section>
        {error && (
          <p className="ed-error" role="alert">
            {error}
          </p>
        )}
        <p className="ed-row ed-end">
          <button type="button" onClick={onClose}>
            Not yet
          </button>
          <button type="submit" className="ed-main-button" disabled={isBusy || stops || isPast || (isLater && !moment)}>
            {isBusy ? "One moment …" : isLater ? (isScheduled ? "Keep this time" : "Schedule") : how === "mail" ? "Send it now" : "Publish now"}
          </button>
        </p>
      </form>
    </Dialog>
  );
}
