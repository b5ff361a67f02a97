// The end of the panel: revisions, and what takes a post back, part by part.
import { useState } from "react";
import type { Session } from "../core/session.ts";
import type { View } from "../core/view.ts";
import { Dialog } from "../parts/Dialog.tsx";
import type { PageData } from "../page.ts";

type Question = "delete" | "unpublish" | "discard" | null;

export function Ending({ session, view, page, say }: { session: Session; view: View; page: PageData; say: (sentence: string) => void }) {
  const [question, setQuestion] = useState<Question>(null);
  const { post, fields } = view;
  if (post.id === null) return null;
  const kind = fields.is_page ? "page" : "post";
  const isLive = post.status === "published" || post.status === "sent";

  async function answer(work: () => Promise<unknown>, done: string): Promise<void> {
    setQuestion(null);
    try {
      await work();
      say(done);
    } catch (error) {
      say((error as Error).message);
    }
  }

  async function remove(): Promise<void> {
    await session.remove();
    location.assign(fields.is_page ? "/admin/pages/" : "/admin/posts/");
  }

  return (
    <div className="ed-ending">
      {page.may.feature && <a href={`/admin/posts/${post.id}/features/`}>Calendar and market</a>}
      <a href={`/admin/posts/${post.id}/revisions/`}>Revisions</a>
      {isLive && post.isDirty && (
        <button type="button" className="ed-link" onClick={() => setQuestion("discard")}>
          Take back the changes that are not live
        </button>
      )}
      {page.may.publish && (post.status === "published" || post.status === "scheduled") && (
        <button type="button" className="ed-link" onClick={() => setQuestion("unpublish")}>
          {post.status === "scheduled" ? "Unschedule" : `Unpublish this ${kind}`}
        </button>
      )}
      {page.may.remove && (
        <button type="button" className="ed-link" onClick={() => setQuestion("delete")}>
          Delete this {kind}
        </button>
      )}
      {question === "delete" && (
        <Dialog title={`Delete “${fields.title || "Untitled"}”?`} onClose={() => setQuestion(null)}>
          <p>{isLive ? `Readers will not find this ${kind} any more, and links to it lead nowhere.` : `This ${kind} will be gone, for everybody who works on it.`}</p>
          <p className="ed-row ed-end">
            <button type="button" onClick={() => setQuestion(null)}>
              Keep it
            </button>
            <button type="button" className="ed-main-button" onClick={() => void answer(remove, "Deleted.")}>
              Delete it
            </button>
          </p>
        </Dialog>
      )}
      {question === "unpublish" && (
        <Dialog title={post.status === "scheduled" ? "Unschedule?" : `Unpublish “${fields.title}”?`} onClose={() => setQuestion(null)}>
          <p>It becomes a draft again{isLive ? ", and readers do not find it any more" : ""}. Nothing of it is lost.</p>
          <p className="ed-row ed-end">
            <button type="button" onClick={() => setQuestion(null)}>
              Leave it
            </button>
            <button type="button" className="ed-main-button" onClick={() => void answer(() => session.act("unpublish"), "It is a draft again.")}>
              {post.status === "scheduled" ? "Unschedule" : "Unpublish"}
            </button>
          </p>
        </Dialog>
      )}
      {question === "discard" && (
        <Dialog title="Take back what is not live?" onClose={() => setQuestion(null)}>
          <p>The text goes back to what readers see now; what you changed stays among the revisions.</p>
          <p className="ed-row ed-end">
            <button type="button" onClick={() => setQuestion(null)}>
              Keep my changes
            </button>
            <button type="button" className="ed-main-button" onClick={() => void answer(() => session.act("discard"), "Back to what readers see.")}>
              Take them back
            </button>
          </p>
        </Dialog>
      )}
    </div>
  );
}
