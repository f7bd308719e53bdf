// How far a live player stays behind the newest segment: as near as the network lets it without running dry.

// A segment appears when it has ended. Behind it by less than the next one's length, its way to here, and this, the
// picture would stand still between two.
const MARGIN_S = 0.25;

// The way of a segment: the playlist that names it, and the segment itself.
const WAYS = 2;

// A slow way is remembered for some segments.
const KEPT_SHARE = 0.8;

// In segments: farther back a player would rather show a still than fall behind.
const MOST_SEGMENTS = 3;

// Smaller changes are not worth the change of speed by which they are made.
const WORTH_S = 0.3;

/** Returns a function that is told of each segment's way in seconds, and sets the distance. */
export function keepLiveDistance(hls) {
  let way_s = 0;
  let set_s = 0;
  return (load_s) => {
    const segment_s = hls.latestLevelDetails?.targetduration;
    if (!segment_s) return;
    way_s = Math.max(load_s, KEPT_SHARE * way_s);
    const wanted_s = Math.min(segment_s + MARGIN_S + WAYS * way_s, MOST_SEGMENTS * segment_s);
    if (Math.abs(wanted_s - set_s) < WORTH_S) return;
    set_s = wanted_s;
    hls.targetLatency = wanted_s;
  };
}
