/* edit.h - makes the decided changes in the text of one SDP. */
#pragma once
#include "ice_rewriter/pen.h"
#include "ice_rewriter/sdp.h"

/* The plan's words, as text. */
typedef struct ice_words {
	char port[8];
	char dead4[NET_ADDR_TEXT], dead6[NET_ADDR_TEXT];
} ice_words;

void ice_words_init(ice_words *w, const ice_plan *plan);
void ice_edit(ice_pen *pen, const ice_sdp *s, const ice_plan *plan,
	      const ice_words *w);
