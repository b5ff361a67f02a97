// The settings of a post: beside the text on a desk, over it on a phone.
import { useEffect, useRef, useState } from "react";
import type { Session } from "../core/session.ts";
import type { View } from "../core/view.ts";
import type { Visibility } from "../core/fields.ts";
import type { PageData } from "../page.ts";
import { Icon } from "../parts/Icon.tsx";
import { briefly, fromZone, inZone } from "../text/zone.ts";
import { Ending } from "./Ending.tsx";
import { Field, Switch, TextField } from "./Field.tsx";
import { Picker, type Option } from "./Picker.tsx";
import { Sharing } from "./Sharing.tsx";

interface Props {
  session: Session;
  view: View;
  page: PageData;
  isOpen: boolean;
  isSheet: boolean;
  onClose: () => void;
  say: (sentence: string) => void;
}

const VISIBILITIES: [Visibility, string][] = [
  ["public", "Everybody"],
  ["members", "Members"],
  ["paid", "Paying members"],
  ["tiers", "Some tiers"],
];

const matching = (options: Option[], words: string) => options.filter((it) => it.name.toLowerCase().includes(words.trim().toLowerCase())).slice(0, 20);

export function Panel({ session, view, page, isOpen, isSheet, onClose, say }: Props) {
  const { fields, errors, post } = view;
  const element = useRef<HTMLElement>(null);
  const change = session.change.bind(session);
  const named = (ids: number[], all: Option[]) => ids.map((id) => all.find((it) => it.id === id) ?? { id, name: `No. ${id}` });

  useEffect(() => {
    if (isOpen && isSheet) element.current?.focus();
  }, [isOpen, isSheet]);

  return (
    <aside
      id="panel"
      ref={element}
      className="ed-panel"
      aria-label="Settings"
      tabIndex={-1}
      hidden={!isOpen}
      onKeyDown={(event) => {
        if (event.key === "Escape" && isSheet) onClose();
      }}
    >
      <header>
        <h2>{fields.is_page ? "Page settings" : "Post settings"}</h2>
        <button type="button" className="ed-quiet ed-round" aria-label="Close the settings" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>

      <Slug session={session} view={view} site={page.site.url} />
      <PublishDate view={view} zone={page.site.zone} onChange={(published_at) => change({ published_at })} />
      <Picker
        label="Tags"
        one="tag"
        chosen={fields.tags}
        mayCreate
        error={errors.tags}
        help="The first public one is the main tag. One that begins with # is for you alone."
        search={async (words) => session.api.get<Option[]>(`/admin/tags/search?q=${encodeURIComponent(words)}`)}
        onChange={(tags) => change({ tags })}
      />
      <Field label="Who may read it" error={errors.visibility}>
        {(attributes) => (
          <select {...attributes} value={fields.visibility} onChange={(event) => change({ visibility: event.target.value as Visibility })}>
            {VISIBILITIES.map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        )}
      </Field>
      {fields.visibility === "tiers" && (
        <Picker
          label="Tiers"
          one="tier"
          chosen={named(fields.tier_ids, page.tiers)}
          error={errors.tier_ids}
          search={(words) => matching(page.tiers, words)}
          onChange={(tiers) => change({ tier_ids: tiers.flatMap((it) => it.id ?? []) })}
        />
      )}
      <TextField
        label="Excerpt"
        rows={3}
        longest={300}
        value={fields.custom_excerpt}
        error={errors.custom_excerpt}
        help="Shown in listings and under the title; left empty, the text’s first words are."
        onChange={(custom_excerpt) => change({ custom_excerpt })}
      />
      {page.may.choose_authors && (
        <Picker
          label="Authors"
          one="author"
          // Whoever writes here for the first time becomes an author by it, after the page was made.
          chosen={named(fields.author_ids, page.authors).map((it) => (page.authors.some((known) => known.id === it.id) ? it : { ...it, name: page.identity.name }))}
          error={errors.author_ids}
          search={(words) => matching(page.authors, words)}
          onChange={(authors) => change({ author_ids: authors.flatMap((it) => it.id ?? []) })}
        />
      )}
      <Switch label={`Feature this ${fields.is_page ? "page" : "post"}`} value={fields.featured} onChange={(featured) => change({ featured })} />
      <Switch
        label="Show the title and the feature image"
        value={fields.show_title_and_feature_image}
        onChange={(show_title_and_feature_image) => change({ show_title_and_feature_image })}
      />
      {(page.templates.length > 0 || fields.custom_template) && (
        <Field label="Template" error={errors.custom_template}>
          {(attributes) => (
            <select {...attributes} value={fields.custom_template ?? ""} onChange={(event) => change({ custom_template: event.target.value || null })}>
              <option value="">The usual one</option>
              {page.templates.map((it) => (
                <option key={it.name} value={it.name}>
                  {it.label}
                </option>
              ))}
              {fields.custom_template && !page.templates.some((it) => it.name === fields.custom_template) && (
                <option value={fields.custom_template}>{fields.custom_template}</option>
              )}
            </select>
          )}
        </Field>
      )}
      {page.site.sends && !fields.is_page && post.status !== "sent" && (
        <TextField
          label="Subject of the e-mail"
          longest={300}
          value={fields.email_subject}
          placeholder={fields.title}
          error={errors.email_subject}
          onChange={(email_subject) => change({ email_subject })}
        />
      )}

      <Sharing session={session} view={view} page={page} />
      {page.may.inject && (
        <details>
          <summary>Code injection</summary>
          <TextField label="Into the head" rows={5} isCode value={fields.codeinjection_head} error={errors.codeinjection_head} onChange={(codeinjection_head) => change({ codeinjection_head })} />
          <TextField label="At the foot" rows={5} isCode value={fields.codeinjection_foot} error={errors.codeinjection_foot} onChange={(codeinjection_foot) => change({ codeinjection_foot })} />
        </details>
      )}
      <Ending session={session} view={view} page={page} say={say} />
    </aside>
  );
}

function Slug({ session, view, site }: { session: Session; view: View; site: string }) {
  const { fields, errors } = view;
  return (
    <TextField
      label="Address"
      value={fields.slug}
      error={errors.slug}
      inputMode="url"
      placeholder="made from the title"
      help={fields.slug ? `${site.replace(/^https?:\/\//, "")}/${fields.slug}/` : "Left empty it is made from the title when this is published."}
      onChange={(slug) => session.change({ slug: (slug ?? "").toLowerCase().replaceAll(/[\s/]+/g, "-") })}
    />
  );
}

function PublishDate({ view, zone, onChange }: { view: View; zone: string; onChange: (iso: string | null) => void }) {
  const { fields, errors, post } = view;
  const known = fields.published_at ? inZone(fields.published_at, zone) : { date: "", time: "" };
  const [typed, setTyped] = useState(known);
  const [isTyping, setTyping] = useState(false);
  useEffect(() => {
    if (!isTyping) setTyped(known);
  }, [fields.published_at, isTyping]);

  function set(made: { date: string; time: string }): void {
    setTyped(made);
    if (!made.date) onChange(null);
    else {
      const iso = fromZone({ date: made.date, time: made.time || "00:00" }, zone);
      if (iso) onChange(iso);
    }
  }

  if (post.status === "scheduled" && post.publishedAt) {
    return <p className="ed-help">Scheduled for {briefly(post.publishedAt, zone)} ({zone}); change that where it says Scheduled.</p>;
  }
  return (
    <Field label="Publish date" error={errors.published_at} help={`In the site’s zone, ${zone}. ${post.status === "draft" ? "Left empty it is the moment of publishing." : ""}`}>
      {(attributes) => (
        <div className="ed-row" onFocus={() => setTyping(true)} onBlur={() => setTyping(false)}>
          <input {...attributes} type="date" value={typed.date} onChange={(event) => set({ ...typed, date: event.target.value })} />
          <input type="time" aria-label="Publish time" value={typed.time} disabled={!typed.date} onChange={(event) => set({ ...typed, time: event.target.value })} />
        </div>
      )}
    </Field>
  );
}
