/* wavcmp.c - is one recording the sound of another? Finds the shift at which
 * they agree best, then says how well: correlation, gain, signal to noise. */
#include <complex.h>
#include <glib.h>
#include <math.h>
#include <sndfile.h>
#include <soxr.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Sounds are compared at a higher rate than they have, so that a delay of half
 * a sample, as codecs have it, does not pass for a difference. */
enum { FINER = 2 };

typedef struct sound {
	double *v;	/* one channel, -1 to 1 */
	size_t n;
	unsigned rate;
} sound;

static void sound_clear(sound *s)
{
	g_free(s->v);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(sound, sound_clear)

typedef struct likeness {
	double shift;	/* seconds that GOT is behind REF */
	double overlap;	/* seconds that both have */
	double correlation;
	double gain;	/* GOT over REF */
	double snr;	/* dB */
} likeness;

static bool fail(const char *what, const char *why)
{
	fprintf(stderr, "wavcmp: %s: %s\n", what, why);
	return false;
}

static bool sound_load(sound *s, const char *path, int channel)
{
	SF_INFO info = {0};
	SNDFILE *f = sf_open(path, SFM_READ, &info);
	g_autofree double *all = NULL;
	sf_count_t n;

	if (!f)
		return fail(path, sf_strerror(NULL));
	all = g_new0(double, (gsize)(info.frames * info.channels) + 1);
	n = sf_readf_double(f, all, info.frames);
	sf_close(f);
	if (channel >= info.channels)
		return fail(path, "has no such channel");
	if (n < 1)
		return fail(path, "is empty");
	s->v = g_new0(double, (gsize)n);
	s->n = (size_t)n;
	s->rate = (unsigned)info.samplerate;
	for (sf_count_t i = 0; i < n; i++)
		s->v[i] = all[i * info.channels + channel];
	return true;
}

static bool sound_resample(sound *s, unsigned rate)
{
	soxr_io_spec_t io = soxr_io_spec(SOXR_FLOAT64_I, SOXR_FLOAT64_I);
	size_t room = s->n * rate / s->rate + 64, used = 0;
	double *to;

	if (s->rate == rate)
		return true;
	to = g_new0(double, room);
	if (soxr_oneshot(s->rate, rate, 1, s->v, s->n, NULL, to, room, &used,
			 &io, NULL, NULL))
		return fail("soxr", "cannot resample");
	g_free(s->v);
	*s = (sound){to, used, rate};
	return true;
}

/* Radix-2, in place; n is a power of two, sign -1 forward and 1 back. */
static void fourier(double complex *x, size_t n, int sign)
{
	for (size_t i = 1, j = 0; i < n; i++) {
		size_t bit = n >> 1;

		for (; j & bit; bit >>= 1)
			j ^= bit;
		j ^= bit;
		if (i < j) {
			double complex t = x[i];

			x[i] = x[j];
			x[j] = t;
		}
	}
	for (size_t half = 1; half < n; half *= 2) {
		double complex step = cexp(sign * I * M_PI / (double)half);

		for (size_t at = 0; at < n; at += 2 * half) {
			double complex w = 1;

			for (size_t k = at; k < at + half; k++, w *= step) {
				double complex odd = x[k + half] * w;

				x[k + half] = x[k] - odd;
				x[k] += odd;
			}
		}
	}
}

/* The shift of `got` against `ref`, in samples, where their product is
 * greatest in size. */
static long best_shift(const sound *ref, const sound *got)
{
	size_t n = 1, best = 0;
	g_autofree double complex *a = NULL, *b = NULL;

	while (n < ref->n + got->n)
		n *= 2;
	a = g_new0(double complex, n);
	b = g_new0(double complex, n);
	for (size_t i = 0; i < ref->n; i++)
		a[i] = ref->v[i];
	for (size_t i = 0; i < got->n; i++)
		b[i] = got->v[i];
	fourier(a, n, -1);
	fourier(b, n, -1);
	for (size_t i = 0; i < n; i++)
		a[i] = conj(a[i]) * b[i];
	fourier(a, n, 1);
	for (size_t i = 0; i < n; i++)
		if (fabs(creal(a[i])) > fabs(creal(a[best])))
			best = i;
	return best < got->n ? (long)best : (long)best - (long)n;
}

/* Sums over the samples of both. */
typedef struct product {
	double rr, gg, rg;
} product;

static double alikeness(const product *p)
{
	return p->rr > 0 && p->gg > 0 ? p->rg / sqrt(p->rr * p->gg) : 0;
}

static void judge(likeness *l, const product *p)
{
	double alike = p->rg * p->rg / p->rr;

	if (p->rr <= 0 || p->gg <= 0)
		return;
	l->correlation = alikeness(p);
	l->gain = p->rg / p->rr;
	l->snr = 10 * log10(alike / fmax(p->gg - alike, 1e-12));
}

static likeness compare(const sound *ref, const sound *got, long shift)
{
	size_t from = shift < 0 ? (size_t)-shift : 0;
	size_t skip = shift > 0 ? (size_t)shift : 0;
	size_t n = MIN(ref->n - from, got->n - skip);
	const double *r = ref->v + from, *g = got->v + skip;
	double rm = 0, gm = 0;
	product p = {0};
	likeness l = {.shift = (double)shift / ref->rate,
		      .overlap = (double)n / ref->rate};

	for (size_t i = 0; i < n; i++) {
		rm += r[i] / (double)n;
		gm += g[i] / (double)n;
	}
	for (size_t i = 0; i < n; i++) {
		p.rr += (r[i] - rm) * (r[i] - rm);
		p.gg += (g[i] - gm) * (g[i] - gm);
		p.rg += (r[i] - rm) * (g[i] - gm);
	}
	judge(&l, &p);
	return l;
}

static double multiply(const double *a, const double *b, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

/* The piece of `ref` at the shift, up to `slack` samples off, that suits it
 * best. */
static product best_product(const sound *ref, size_t at, size_t n,
			    const sound *got, long shift, long slack)
{
	const double *r = ref->v + at, *best = NULL;
	product p = {.rr = multiply(r, r, n), .rg = -INFINITY};

	for (long lag = shift - slack; lag <= shift + slack; lag++) {
		long to = (long)at + lag;
		double rg;

		if (to < 0 || (size_t)to + n > got->n)
			continue;
		rg = multiply(r, got->v + to, n);
		if (rg <= p.rg)
			continue;
		p.rg = rg;
		best = got->v + to;
	}
	if (best)
		p.gg = multiply(best, best, n);
	return p;
}

static gint by_alikeness(gconstpointer a, gconstpointer b)
{
	double x = alikeness(a), y = alikeness(b);

	return (x < y) - (x > y);
}

/* As compare, of pieces of half a second that may each lie up to `slack`
 * samples off; the least alike `spare` percent of them are left out. */
static likeness follow(const sound *ref, const sound *got, long shift,
		       long slack, int spare)
{
	likeness l = compare(ref, got, shift);
	size_t n = ref->rate / 2;
	g_autoptr(GArray) pieces = g_array_new(FALSE, FALSE, sizeof(product));
	product sum = {0};
	guint enough;

	for (size_t at = 0; at + n <= ref->n; at += n) {
		product p = best_product(ref, at, n, got, shift, slack);

		if (p.gg > 0)
			g_array_append_val(pieces, p);
	}
	g_array_sort(pieces, by_alikeness);
	enough = pieces->len - pieces->len * (guint)spare / 100;
	for (guint i = 0; i < enough; i++) {
		const product *p = &g_array_index(pieces, product, i);

		sum.rr += p->rr;
		sum.gg += p->gg;
		sum.rg += p->rg;
	}
	judge(&l, &sum);
	return l;
}

static void print(const likeness *l, bool json)
{
	const char *form = json ?
		"{\"shift_ms\": %.2f, \"overlap_s\": %.3f, "
		"\"correlation\": %.4f, \"gain\": %.3f, \"snr_db\": %.1f}\n" :
		"shift %.2f ms, overlap %.3f s, correlation %.4f, "
		"gain %.3f, SNR %.1f dB\n";

	printf(form, l->shift * 1000, l->overlap, l->correlation, l->gain,
	       l->snr);
}

int main(int argc, char **argv)
{
	int channel = 0, ref_channel = 0, spare = 0;
	double min = -1, overlap = 0, slack = 0;
	gboolean json = FALSE;
	const GOptionEntry entries[] = {
		{"channel", 'c', 0, G_OPTION_ARG_INT, &channel,
		 "channel of GOT, from 0", "N"},
		{"ref-channel", 'r', 0, G_OPTION_ARG_INT, &ref_channel,
		 "channel of REF, from 0", "N"},
		{"json", 'j', 0, G_OPTION_ARG_NONE, &json, "print JSON", NULL},
		{"min", 'm', 0, G_OPTION_ARG_DOUBLE, &min,
		 "fail when the correlation is below", "X"},
		{"overlap", 'o', 0, G_OPTION_ARG_DOUBLE, &overlap,
		 "fail when they have less in common", "SECONDS"},
		{"slack", 's', 0, G_OPTION_ARG_DOUBLE, &slack,
		 "each half second may lie so far from the shift", "MS"},
		{"spare", 0, 0, G_OPTION_ARG_INT, &spare,
		 "with --slack: the worst half seconds do not count",
		 "PERCENT"},
		{0},
	};
	g_autoptr(GOptionContext) c = g_option_context_new("REF GOT");
	g_autoptr(GError) err = NULL;
	g_auto(sound) ref = {0};
	g_auto(sound) got = {0};
	unsigned rate;
	long shift;
	likeness l;

	g_option_context_set_summary(c, "Says how alike two WAV files sound.");
	g_option_context_add_main_entries(c, entries, NULL);
	if (!g_option_context_parse(c, &argc, &argv, &err) || argc != 3) {
		fail("usage", err ? err->message : "wavcmp [OPTION] REF GOT");
		return 2;
	}
	if (!sound_load(&ref, argv[1], ref_channel) ||
	    !sound_load(&got, argv[2], channel))
		return 2;
	rate = FINER * MAX(ref.rate, got.rate);
	if (!sound_resample(&ref, rate) || !sound_resample(&got, rate))
		return 2;
	shift = best_shift(&ref, &got);
	l = slack > 0 ?
		follow(&ref, &got, shift, lrint(slack * rate / 1000),
		       CLAMP(spare, 0, 99)) :
		compare(&ref, &got, shift);
	print(&l, json);
	return l.correlation >= min && l.overlap >= overlap ? 0 : 1;
}
