/* A plug-in that cannot decode. */
#include "decoder/plugin_api.h"

const edgetape_codec *edgetape_codec_plugin(void)
{
	static const edgetape_codec codec = {
		.abi = EDGETAPE_CODEC_ABI,
		.size = sizeof codec,
		.name = "incomplete",
	};

	return &codec;
}
