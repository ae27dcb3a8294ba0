#include "mixer/place.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#include "core/clock.h"

/* The network only ever adds delay, so the least delayed packets of a stream
 * lie on a line: the sender's clock seen from ours. Each window of 5 s gives
 * one point. A point that jumps further than any clock could run is a change
 * of route: it is taken off, for the speaker did not jump. */
#define WINDOW_NS (5 * CLK_NS_PER_S)
#define STEP_NS (15.0 * CLK_NS_PER_MS)
#define MAX_SLOPE 500e-6
/* What the line may be wrong by because of steps, and for how long. */
#define FAR_NS (80.0 * CLK_NS_PER_MS)
enum {
	FAR_WINDOWS = 3,
	LINE_WINDOWS = 6,	/* fewer make no line */
	REPORTS_MIN = 3,
};
#define REPORTS_SPAN (60.0 * CLK_NS_PER_S)
#define REPORTS_RESIDUE (20.0 * CLK_NS_PER_MS)

/* Least squares; `at` is the line's point at the mean of t. */
static double fit_line(const mix_point *v, unsigned n, mix_point *at)
{
	double t = 0, d = 0, tt = 0, td = 0;

	for (unsigned i = 0; i < n; i++) {
		t += v[i].t / n;
		d += v[i].d / n;
	}
	for (unsigned i = 0; i < n; i++) {
		tt += (v[i].t - t) * (v[i].t - t);
		td += (v[i].t - t) * (v[i].d - d);
	}
	*at = (mix_point){t, d};
	return tt > 0 ? td / tt : 0;
}

/* Appends to a list that forgets its oldest. */
static void push_point(mix_point *v, unsigned *n, unsigned max, mix_point p)
{
	if (*n == max)
		memmove(v, v + 1, --*n * sizeof(*v));
	v[(*n)++] = p;
}

/* The sender's own account of its clock, when it is worth believing. */
static bool report_slope(const mix_place *p, double *slope)
{
	mix_point at;

	if (p->n_reports < REPORTS_MIN ||
	    p->report[p->n_reports - 1].t - p->report[0].t < REPORTS_SPAN)
		return false;
	*slope = fit_line(p->report, p->n_reports, &at);
	if (fabs(*slope) > MAX_SLOPE)
		return false;
	for (unsigned i = 0; i < p->n_reports; i++) {
		const mix_point *r = &p->report[i];

		if (fabs(r->d - at.d - *slope * (r->t - at.t)) >
		    REPORTS_RESIDUE)
			return false;
	}
	return true;
}

/* The least of the last `n` windows, seen along `slope`. */
static mix_point least_of(const mix_place *p, unsigned n, double slope)
{
	unsigned from = p->n_hist > n ? p->n_hist - n : 0;
	mix_point at = p->hist[from];

	for (unsigned i = from + 1; i < p->n_hist; i++) {
		const mix_point *h = &p->hist[i];

		if (h->d - slope * h->t < at.d - slope * at.t)
			at = *h;
	}
	return at;
}

static void lay_line(mix_place *p)
{
	double heard = 0, told = 0;
	bool line = p->n_hist >= LINE_WINDOWS;
	mix_point at;

	if (line)
		heard = fit_line(p->hist, p->n_hist, &at);
	if (fabs(heard) > MAX_SLOPE) {
		p->refused = true;
		line = false;
		heard = 0;
	}
	if (report_slope(p, &told) && (!line ||
				       fabs(told - heard) < MAX_SLOPE)) {
		p->slope = told;
		p->at = least_of(p, LINE_WINDOWS, told);
	} else if (line) {
		p->slope = heard;
		p->at = at;
	} else {
		p->slope = 0;
		p->at = least_of(p, LINE_WINDOWS / 2, 0);
	}
}

/* Gives up on taking steps off: the line goes where the packets are. */
static void move_line(mix_place *p)
{
	for (unsigned i = 0; i < p->n_hist; i++)
		p->hist[i].d += p->step;
	p->news_ns = p->step;
	p->step = 0;
	p->far = 0;
}

static mix_place_news close_window(mix_place *p)
{
	mix_point now = {p->least.t, p->least.d - p->step};
	mix_place_news news = MIX_PLACE_SAME;

	if (p->n_hist) {
		double since = now.t - p->hist[p->n_hist - 1].t;
		double line = p->at.d + p->slope * (now.t - p->at.t);
		double jump = now.d - line;

		if (fabs(jump) > STEP_NS + MAX_SLOPE * fmax(since, 0)) {
			p->step += jump;
			p->news_ns = jump;
			now.d = line;
			news = MIX_PLACE_STEPPED;
		}
	}
	push_point(p->hist, &p->n_hist, MIX_PLACE_HIST, now);
	p->far = fabs(p->step) > FAR_NS ? p->far + 1 : 0;
	/* Sooner than ever is proof; later may be a queue that will drain. */
	if (p->step < -FAR_NS || p->far >= FAR_WINDOWS) {
		move_line(p);
		news = MIX_PLACE_MOVED;
	}
	lay_line(p);
	return news;
}

mix_place_news mix_place_packet(mix_place *p, int64_t end, int64_t arrival)
{
	mix_place_news news = MIX_PLACE_SAME;
	int64_t window = arrival / WINDOW_NS;
	mix_point now;

	if (!p->begun) {
		p->begun = true;
		p->base = arrival - end;
		p->window = window;
		p->least = (mix_point){(double)end, 0};
	}
	now = (mix_point){(double)end, (double)(arrival - end - p->base)};
	if (window > p->window) {
		news = close_window(p);
		p->window = window;
		p->least = now;
	} else if (now.d < p->least.d) {
		p->least = now;
	}
	if (!p->n_hist)
		p->at = p->least;
	return news;
}

void mix_place_report(mix_place *p, int64_t media, uint64_t ntp)
{
	double sent;

	if (!p->n_reports)
		p->ntp0 = ntp;
	/* 32.32 fixed point; the difference may be negative. */
	sent = (double)(int64_t)(ntp - p->ntp0) / 4294967296.0 * CLK_NS_PER_S;
	if (p->n_reports && (double)media <= p->report[p->n_reports - 1].t)
		return;
	push_point(p->report, &p->n_reports, MIX_PLACE_REPORTS,
		   (mix_point){(double)media, sent - (double)media});
}

int64_t mix_place_at(const mix_place *p, int64_t media)
{
	double d = p->at.d + p->slope * ((double)media - p->at.t);

	g_assert(p->begun);
	return media + p->base + llrint(d);
}
