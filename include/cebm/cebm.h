/// All that most programs need: models, samplers, objectives, training, opening a run and drawing from it.
#pragma once

#include <cebm/bigan.h>
#include <cebm/catalog.h>
#include <cebm/classification.h>
#include <cebm/conditional.h>
#include <cebm/config.h>
#include <cebm/device.h>
#include <cebm/errors.h>
#include <cebm/evaluation.h>
#include <cebm/generation.h>
#include <cebm/image_io.h>
#include <cebm/joint.h>
#include <cebm/loss_gradient.h>
#include <cebm/module_state.h>
#include <cebm/run.h>
#include <cebm/run_report.h>
#include <cebm/sampling.h>
#include <cebm/trainer.h>
#include <cebm/vae.h>
