// Who else has this open: "Ada is editing this", and taking over from her.
import { useEffect, useState } from "react";
import type { Presence } from "../core/answers.ts";
import type { Session } from "../core/session.ts";

const EVERY = 15_000;

export interface Present {
  found: Presence | null;
  takeOver: () => void;
}

export function usePresence(session: Session, id: number | null): Present {
  const [found, setFound] = useState<Presence | null>(null);
  const path = `/admin/posts/${id}/presence`;

  async function say(more: { takeover?: true } = {}): Promise<void> {
    try {
      setFound(await session.api.send<Presence>("POST", path, { client: session.client, ...more }));
    } catch {
      // Nothing depends on it: whoever saves is merged.
    }
  }

  useEffect(() => {
    if (id === null) return;
    void say();
    const timer = setInterval(() => void say(), EVERY);
    const leave = () => void session.api.send("POST", path, { client: session.client, leave: true }, { keepalive: true }).catch(() => {});
    const back = () => {
      if (document.visibilityState === "visible") void say();
    };
    addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", back);
    return () => {
      clearInterval(timer);
      removeEventListener("pagehide", leave);
      document.removeEventListener("visibilitychange", back);
    };
  }, [session, id]);

  return { found, takeOver: () => void say({ takeover: true }) };
}

export function Others({ presence: { found, takeOver } }: { presence: Present }) {
  if (!found) return null;
  const { lock, others } = found;
  if (lock && !lock.is_me) {
    return (
      <p className="ed-people" role="status">
        <span>{lock.name} is editing this.</span>{" "}
        <button type="button" className="ed-link" title="You may both write: what you write is brought together." onClick={takeOver}>
          Take over
        </button>
      </p>
    );
  }
  if (!others.length) return null;
  return (
    <p className="ed-people" role="status">
      {others.map((it) => it.name).join(", ")} {others.length === 1 ? "has" : "have"} this open.
    </p>
  );
}
