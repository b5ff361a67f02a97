// What the writer should know of, in a line above the text: never a dialog over it.
import { useState, type ReactNode } from "react";
import type { Session } from "../core/session.ts";
import { aboutText, type Notice, type View } from "../core/view.ts";
import { Difference } from "./Difference.tsx";

function Line({ tone, children }: { tone: "careful" | "good" | "bad"; children: ReactNode }) {
  return (
    <div className="ed-notice" data-tone={tone} role={tone === "good" ? "status" : "alert"}>
      {children}
    </div>
  );
}

function Found({ session, notice }: { session: Session; notice: Notice }) {
  const [isOpen, setOpen] = useState(false);
  const time = new Date(notice.at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  return (
    <Line tone="good">
      <p>
        {notice.kind === "rescued"
          ? `What you typed until ${time} had not reached the server; it is back.`
          : `${notice.by || "Somebody else"} changed this while you wrote. Both are kept: what they changed is in your text now.`}
      </p>
      <p className="ed-row">
        <button type="button" className="ed-link" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? "Hide what differs" : "Show what differs"}
        </button>
        <button type="button" className="ed-link" onClick={() => session.revert()}>
          {notice.kind === "rescued" ? "Go back to the saved text" : "Undo this"}
        </button>
        <button type="button" className="ed-link" onClick={() => session.dismiss()}>
          {notice.kind === "rescued" ? "Keep it" : "Fine"}
        </button>
      </p>
      {isOpen && <Difference before={notice.before} after={notice.after} />}
    </Line>
  );
}

export function Notices({ session, view }: { session: Session; view: View }) {
  return (
    <div className="ed-notices">
      {view.sync === "signed-out" && (
        <Line tone="careful">
          <p>
            {view.sentence} What you write is kept in this browser.{" "}
            <a href="/auth/login/?next=/auth/account/" target="_blank" rel="noopener">
              Sign in in another tab
            </a>
            , then{" "}
            <button type="button" className="ed-link" onClick={() => void session.again()}>
              go on here
            </button>
            .
          </p>
        </Line>
      )}
      {view.sync === "refused" && (
        <Line tone="bad">
          <p>Not saved: {[view.sentence, ...aboutText(view.errors)].join(" ")} What you wrote is kept in this browser.</p>
        </Line>
      )}
      {view.sync === "gone" && (
        <Line tone="bad">
          <p>
            {view.sentence}{" "}
            <button type="button" className="ed-link" onClick={() => session.startOver()}>
              Make a new post of it
            </button>
          </p>
        </Line>
      )}
      {!view.isKept && (
        <Line tone="careful">
          <p>This browser cannot keep what you type (a private window, or no space left); it is sent to the server alone.</p>
        </Line>
      )}
      {view.notice && <Found key={view.notice.at} session={session} notice={view.notice} />}
    </div>
  );
}
