// Uploads: the hook by which every card sends its files, and one file sent with its progress told.
import { useState } from "react";
import type { Api } from "../core/api.ts";

export type UploadKind = "image" | "thumbnail" | "video" | "audio" | "file";

export interface Uploaded {
  url: string;
  fileName: string;
  width: number | null;
  height: number | null;
}

const IMAGES = {
  mimeTypes: ["image/gif", "image/jpeg", "image/png", "image/svg+xml", "image/webp", "image/avif"],
  extensions: ["gif", "jpg", "jpeg", "png", "svg", "svgz", "webp", "avif"],
};

export const FILE_TYPES = {
  image: IMAGES,
  mediaThumbnail: IMAGES,
  video: { mimeTypes: ["video/mp4", "video/webm", "video/ogg"], extensions: ["mp4", "webm", "ogv"] },
  audio: {
    mimeTypes: ["audio/mp3", "audio/mpeg", "audio/ogg", "audio/wav", "audio/vnd.wav", "audio/wave", "audio/x-wav", "audio/mp4", "audio/x-m4a"],
    extensions: ["mp3", "wav", "ogg", "m4a"],
  },
  file: { mimeTypes: ["*/*"], extensions: [] },
};

/** Send a file; `tell` hears how much of it is there, from 0 to 100. Rejects with a sentence. */
export function upload(api: Api, kind: UploadKind, file: File, tell: (percent: number) => void = () => {}): Promise<Uploaded> {
  return new Promise((resolve, reject) => {
    // Only this old interface tells how far an upload is.
    const request = new XMLHttpRequest();
    request.open("POST", `/admin/uploads/${kind}?name=${encodeURIComponent(file.name || "pasted.png")}`);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-CSRF-Token", api.token);
    request.responseType = "json";
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) tell(Math.round((event.loaded / event.total) * 100));
    };
    request.onload = () => {
      const body = request.response as (Uploaded & { error?: string }) | null;
      if (request.status === 201 && body) resolve(body);
      else reject(new Error(body?.error ?? (request.status === 401 ? "You are signed out; sign in and try again." : "The server could not take this file; try again.")));
    };
    request.onerror = () => reject(new Error("There is no connection, so this file was not sent; try again."));
    request.send(file);
  });
}

const KINDS: Record<string, UploadKind> = { image: "image", mediaThumbnail: "thumbnail", video: "video", audio: "audio", file: "file" };

/** Make the hook that Koenig's cards use; each card has its own progress and errors. */
export function uploaderHook(api: Api) {
  return function useFileUpload(type: string) {
    const [progress, setProgress] = useState(0);
    const [isLoading, setLoading] = useState(false);
    const [errors, setErrors] = useState<{ message: string; fileName?: string }[]>([]);
    const [filesNumber, setFilesNumber] = useState(0);

    async function send(files: File[] | FileList): Promise<Uploaded[] | null> {
      const list = [...files];
      const parts = new Map<File, number>();
      setFilesNumber(list.length);
      setErrors([]);
      setProgress(0);
      setLoading(true);
      const sent = await Promise.allSettled(
        list.map((file) =>
          upload(api, KINDS[type] ?? "file", file, (percent) => {
            parts.set(file, percent);
            setProgress(Math.round([...parts.values()].reduce((one, other) => one + other, 0) / list.length));
          }),
        ),
      );
      setLoading(false);
      const failed = sent.flatMap((it, at) => (it.status === "rejected" ? [{ message: (it.reason as Error).message, fileName: list[at]!.name }] : []));
      setErrors(failed);
      setProgress(100);
      const done = sent.flatMap((it) => (it.status === "fulfilled" ? [it.value] : []));
      return done.length ? done : null;
    }

    return { progress, isLoading, errors, filesNumber, upload: send };
  };
}
