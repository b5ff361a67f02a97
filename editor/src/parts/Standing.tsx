// How it stands with the post and with what was typed, in a few words at the top of the page.
import type { Session } from "../core/session.ts";
import type { View } from "../core/view.ts";
import { briefly } from "../text/zone.ts";

const STATUS = { draft: "Draft", scheduled: "Scheduled", published: "Published", sent: "Sent" } as const;

function savedWords({ sync, post, savedAt }: View): { words: string; tone: string } {
  switch (sync) {
    case "opening":
      return { words: "Opening …", tone: "quiet" };
    case "typing":
      return { words: "Not saved yet", tone: "busy" };
    case "saving":
      return { words: "Saving …", tone: "busy" };
    case "waiting":
      return { words: "Offline · kept in this browser", tone: "careful" };
    case "signed-out":
      return { words: "Signed out · kept in this browser", tone: "careful" };
    case "conflict":
      return { words: "Waiting for your decision", tone: "careful" };
    case "refused":
      return { words: "Not saved", tone: "bad" };
    case "gone":
      return { words: "Deleted elsewhere", tone: "bad" };
    case "clean":
      if (post.status === "published" && post.isDirty) return { words: "Saved · not live yet", tone: "good" };
      return { words: post.id === null && !savedAt ? "New" : "Saved", tone: "good" };
  }
}

export function Standing({ session, view, zone }: { session: Session; view: View; zone: string }) {
  const { words, tone } = savedWords(view);
  const { status, publishedAt: at } = view.post;
  return (
    <p className="ed-standing">
      <span>{status === "scheduled" && at ? `Scheduled for ${briefly(at, zone)}` : STATUS[status]}</span>
      <span className="ed-sync" data-tone={tone} data-sync={view.sync}>
        {words}
      </span>
      {view.sync === "waiting" && (
        <button type="button" className="ed-link" onClick={() => void session.again()}>
          Try now
        </button>
      )}
    </p>
  );
}
