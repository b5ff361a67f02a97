// The bar above the text: where one came from, how it stands, and the one button that matters.
import type { MutableRefObject, ReactNode } from "react";
import type { Session } from "../core/session.ts";
import type { View } from "../core/view.ts";
import type { PageData } from "../page.ts";
import { Icon } from "./Icon.tsx";
import { Standing } from "./Standing.tsx";

interface Props {
  session: Session;
  view: View;
  page: PageData;
  actions: { publish: () => void; update: () => void; preview: () => void };
  isPanelOpen: boolean;
  onPanel: () => void;
  panelButton: MutableRefObject<HTMLButtonElement | null>;
  people: ReactNode;
}

export function TopBar({ session, view, page, actions, isPanelOpen, onPanel, panelButton, people }: Props) {
  const { post, fields } = view;
  const isLive = post.status === "published" || post.status === "sent";
  const isBusy = view.sync === "opening" || view.sync === "conflict" || view.sync === "gone";
  return (
    <header className="ed-bar">
      <a className="ed-back" aria-label={fields.is_page ? "All pages" : "All posts"} href={fields.is_page ? "/admin/pages/" : "/admin/posts/"}>
        <Icon name="back" />
        <span>{fields.is_page ? "Pages" : "Posts"}</span>
      </a>
      <Standing session={session} view={view} zone={page.site.zone} />
      {people}
      <div className="ed-actions">
        {post.status === "published" && post.path && (
          <a className="ed-button ed-quiet ed-view" href={post.path} target="_blank" rel="noopener">
            View
          </a>
        )}
        <button type="button" className="ed-quiet" onClick={actions.preview}>
          Preview
        </button>
        {isLive && (
          <button type="button" className="ed-main-button" disabled={isBusy || (!post.isDirty && view.sync === "clean")} onClick={actions.update}>
            Update
          </button>
        )}
        {!isLive && page.may.publish && (
          <button type="button" className="ed-main-button" disabled={isBusy} onClick={actions.publish}>
            {post.status === "scheduled" ? "Scheduled" : "Publish"}
          </button>
        )}
        <button
          ref={(element) => {
            panelButton.current = element;
          }}
          type="button"
          className="ed-quiet ed-round"
          aria-expanded={isPanelOpen}
          aria-controls="panel"
          aria-label="Settings"
          title="Settings"
          onClick={onPanel}
        >
          <Icon name="panel" />
        </button>
      </div>
    </header>
  );
}
