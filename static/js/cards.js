// The cards of the editor that do something: toggle, audio, video, a bookmark whose picture is gone,
// sign-up. Without this file a toggle stands open where scripts are off, and the browser's own
// controls play sound and film.
"use strict";

const SPEEDS = [1, 1.25, 1.5, 1.75, 2, 0.75];

function clock(seconds) {
  if (!Number.isFinite(seconds)) return "0:00";
  const whole = Math.floor(seconds);
  const hours = Math.floor(whole / 3600);
  const rest = `${Math.floor((whole % 3600) / 60)}`.padStart(hours ? 2 : 1, "0");
  return `${hours ? `${hours}:` : ""}${rest}:${`${whole % 60}`.padStart(2, "0")}`;
}

function wireToggle(card) {
  const button = card.querySelector(".kg-toggle-card-icon");
  const content = card.querySelector(".kg-toggle-content");
  const heading = card.querySelector(".kg-toggle-heading");
  const title = card.querySelector(".kg-toggle-heading-text");
  if (!button || !content || !heading) return;
  if (title?.textContent.trim()) button.setAttribute("aria-label", title.textContent.trim());
  const show = (open) => {
    card.dataset.kgToggleState = open ? "open" : "close";
    button.setAttribute("aria-expanded", `${open}`);
  };
  show(card.dataset.kgToggleState === "open");
  heading.addEventListener("click", () => show(card.dataset.kgToggleState !== "open"));
}

// Audio and video have the same parts under two names: `kind` is "audio" or "video".
function wirePlayer(card, kind) {
  const part = (name) => card.querySelector(`.kg-${kind}-${name}`);
  const media = card.querySelector(kind);
  if (!media || !part("player")) return;
  const hidden = `kg-${kind}-hide`;
  const seek = part("seek-slider");
  const volume = part("volume-slider");
  const rate = part("playback-rate");
  const overlay = part("overlay");
  const bar = kind === "video" ? part("player-container") : null;
  const loops = kind === "video" && media.loop && media.autoplay;

  media.controls = false;
  card.classList.add("is-wired");
  if (loops) {
    overlay?.classList.add(hidden);
    bar?.classList.add(hidden);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      media.autoplay = false;
      media.pause();
      media.controls = true;
    }
    return;
  }

  // Of two buttons in one place one is shown; the focus goes over with it.
  const swap = (one, other, first) => {
    const [shown, gone] = first ? [part(one), part(other)] : [part(other), part(one)];
    const hadFocus = [gone, part("large-play-icon")].includes(document.activeElement);
    shown?.classList.remove(hidden);
    gone?.classList.add(hidden);
    if (hadFocus) shown?.focus();
  };
  const showTimes = () => {
    const length = media.duration;
    if (Number.isFinite(length)) {
      part("duration").textContent = clock(length);
      seek.max = `${Math.floor(length)}`;
    } else {
      part("duration").textContent = clock(Number(part("duration").textContent));
    }
  };
  const play = () => media.play().catch(() => {});

  part("play-icon")?.addEventListener("click", play);
  part("pause-icon")?.addEventListener("click", () => media.pause());
  part("large-play-icon")?.addEventListener("click", play);
  if (kind === "video") {
    media.addEventListener("click", () => (media.paused ? play() : media.pause()));
  }
  media.addEventListener("play", () => {
    bar?.classList.remove(hidden);
    swap("play-icon", "pause-icon", false);
    overlay?.classList.add(hidden);
  });
  media.addEventListener("pause", () => swap("play-icon", "pause-icon", true));
  media.addEventListener("ended", () => overlay?.classList.remove(hidden));
  media.addEventListener("timeupdate", () => {
    part("current-time").textContent = clock(media.currentTime);
    seek.value = `${media.currentTime}`;
    seek.setAttribute("aria-valuetext", clock(media.currentTime));
  });
  media.addEventListener("loadedmetadata", showTimes);
  if (/^\d+(\.\d+)?$/.test(part("duration").textContent.trim()) || media.readyState > 0) showTimes();
  seek.addEventListener("input", () => (media.currentTime = Number(seek.value)));
  volume?.addEventListener("input", () => {
    media.volume = Number(volume.value) / 100;
    media.muted = media.volume === 0;
  });
  rate?.addEventListener("click", () => {
    const next = SPEEDS[(SPEEDS.indexOf(media.playbackRate) + 1) % SPEEDS.length];
    media.playbackRate = next;
    rate.textContent = `${next}×`;
    rate.setAttribute("aria-label", `${next}×, playback speed`);
  });
  part("unmute-icon")?.addEventListener("click", () => (media.muted = true));
  part("mute-icon")?.addEventListener("click", () => (media.muted = false));
  media.addEventListener("volumechange", () => swap("unmute-icon", "mute-icon", !media.muted));
}

for (const card of document.querySelectorAll(".kg-toggle-card")) wireToggle(card);
for (const card of document.querySelectorAll(".kg-audio-card")) wirePlayer(card, "audio");
for (const card of document.querySelectorAll(".kg-video-card")) wirePlayer(card, "video");

// A bookmark's picture lies on somebody else's machine and may be gone.
for (const picture of document.querySelectorAll(".kg-bookmark-card img")) {
  const drop = () => (picture.closest(".kg-bookmark-thumbnail") ?? picture).remove();
  if (picture.complete && picture.naturalWidth === 0 && picture.currentSrc) drop();
  picture.addEventListener("error", drop);
}
