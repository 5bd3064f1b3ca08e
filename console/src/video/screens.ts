/** Video elements are costly to make and leak when made all night: they are lent, emptied and lent again. */

const free: HTMLVideoElement[] = [];
const KEPT = 20;

/** An empty, muted video element that plays by itself. */
export function borrowScreen(): HTMLVideoElement {
  const used = free.pop();
  if (used) return used;
  const video = document.createElement('video');
  video.muted = true;
  video.autoplay = true;
  video.playsInline = true;
  video.disablePictureInPicture = true;
  video.setAttribute('aria-hidden', 'true');
  video.tabIndex = -1;
  return video;
}

/**
 * Lets every element of a stage play. A browser pauses an element that leaves the page, and one that comes back stays paused: frames
 * are then counted and none is seen.
 */
export function playAll(stage: HTMLElement): void {
  for (const video of stage.querySelectorAll('video')) if (video.paused) video.play().catch(() => undefined);
}

/**
 * Empties an element so that its last frame is gone before the next layout, then takes it off the page.
 * A closed connection alone would leave Chromium showing that frame for seconds.
 */
export function returnScreen(video: HTMLVideoElement): void {
  video.remove();
  if (video.srcObject) video.srcObject = null;
  if (video.hasAttribute('src')) {
    video.removeAttribute('src');
    video.load();
  }
  video.playbackRate = 1;
  if (free.length < KEPT) free.push(video);
}
