/* A plug-in from the future. */
#include "decoder/plugin_api.h"

const edgetape_codec *edgetape_codec_plugin(void)
{
	static const edgetape_codec codec = {
		.abi = EDGETAPE_CODEC_ABI + 1,
		.size = sizeof codec,
	};

	return &codec;
}
