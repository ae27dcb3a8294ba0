/* lavc_io.h - libavcodec and libavformat, loaded when a call needs them. With
 * the eighty libraries behind them they are two thirds of the time that a
 * program takes to start which is linked with them, and most calls and nearly
 * all commands need neither. */
#pragma once
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#define DEC_LAVC_CODEC(X)                                                      \
	X(av_packet_alloc)                                                     \
	X(av_packet_free)                                                      \
	X(av_packet_rescale_ts)                                                \
	X(av_parser_close)                                                     \
	X(av_parser_init)                                                      \
	X(av_parser_parse2)                                                    \
	X(avcodec_alloc_context3)                                              \
	X(avcodec_find_decoder)                                                \
	X(avcodec_flush_buffers)                                               \
	X(avcodec_free_context)                                                \
	X(avcodec_open2)                                                       \
	X(avcodec_receive_frame)                                               \
	X(avcodec_send_packet)
#define DEC_LAVC_FORMAT(X)                                                     \
	X(av_write_frame)                                                      \
	X(av_write_trailer)                                                    \
	X(avformat_alloc_output_context2)                                      \
	X(avformat_free_context)                                               \
	X(avformat_new_stream)                                                 \
	X(avformat_write_header)                                               \
	X(avio_closep)                                                         \
	X(avio_open)

/* Each function under its own name. */
#define DEC_LAVC_MEMBER(f) __typeof__(f) *f;
typedef struct dec_lavc {
	DEC_LAVC_CODEC(DEC_LAVC_MEMBER)
	DEC_LAVC_FORMAT(DEC_LAVC_MEMBER)
} dec_lavc;

/* Any thread. NULL: they are not installed. What loaded them once needs no
 * file any more. */
const dec_lavc *dec_lavc_load(void);
