using Savevm.Machine.Ram;
using Savevm.Migration.Core;
using Savevm.Migration.Live;

namespace Savevm.Migration.Pages.Multifd;

/// <summary>What all multifd channels of a source have in common.</summary>
/// <param name="Ram">Where pages come from; each channel opens a reader.</param>
/// <param name="BlockNames">The blocks' names as they travel, by index.</param>
/// <param name="Options">Compression and UUID.</param>
/// <param name="HasZeroPages">Zero pages are told in packets; otherwise on the main channel.</param>
/// <param name="Surroundings">Where threads come from.</param>
internal sealed record MultifdForm(IRamSource Ram, byte[][] BlockNames, MultifdOptions Options, bool HasZeroPages, Surroundings Surroundings);
