using System.Text;
using Savevm.Resumes.Identity;

namespace Savevm.Tests.Identity;

public sealed class FieldPlaceTests
{
    private const string Description = """
        {"page_size": 4096, "devices": [
          {"name": "0000:00:04.0/e1000", "instance_id": 0, "vmsd_name": "e1000", "version": 2, "fields": [
            {"name": "parent_obj", "type": "struct", "size": 276, "struct": {"vmsd_name": "PCIDevice", "version": 2, "fields": [
              {"name": "version_id", "type": "int32 le", "size": 4}, {"name": "config[0]", "type": "pci config", "size": 256}, {"name": "irq_state", "type": "pci irq state", "size": 16}]}},
            {"name": "eeprom_data", "array_len": 64, "type": "uint16", "size": 2}, {"name": "after", "type": "uint8", "size": 1}],
            "subsections": [{"vmsd_name": "e1000/tso", "version": 1, "fields": [{"name": "a", "type": "uint32", "size": 4}, {"name": "b", "type": "uint8", "size": 1}]},
              {"vmsd_name": "e1000/more", "version": 1, "fields": [{"name": "c", "type": "uint8", "size": 1}]}]},
          {"name": "0000:00:05.0/virtio-net", "instance_id": 3, "vmsd_name": "virtio-net", "version": 11, "fields": [{"name": "virtio", "type": "virtio", "size": 46165}]}]}
        """;

    [Theory]
    [InlineData("0000:00:04.0/e1000", 0, "PCIDevice:config e1000:parent_obj", "parent_obj.config[0]", 4)]
    [InlineData("0000:00:04.0/e1000", 0, "e1000:eeprom_data", "eeprom_data", 276)]
    [InlineData("0000:00:04.0/e1000", 0, "e1000:after", "after", 276 + 128)]
    [InlineData("0000:00:04.0/e1000", 0, ":irq_state", "parent_obj.irq_state", 260)]
    [InlineData("0000:00:04.0/e1000", 0, "e1000/tso:b", "tso.b", 276 + 128 + 1 + 6 + 9 + 4)]
    [InlineData("0000:00:04.0/e1000", 0, "e1000/more:c", "more.c", 276 + 128 + 1 + 6 + 9 + 5 + 6 + 10)]
    [InlineData("0000:00:05.0/virtio-net", 3, "PCIDevice:config virtio-net:virtio", "virtio.config", 4)]
    [InlineData("0000:00:05.0/virtio-net", 3, "virtio-net:virtio", "virtio", 0)]
    public void A_field_is_found_by_the_descriptions_that_QEMU_names(string section, uint instance, string fields, string path, long offset) =>
        Assert.Equal(new FieldPlace(path, offset), Find(Description, section, instance, fields));

    [Theory]
    [InlineData("0000:00:05.0/virtio-net", 0, "virtio-net:virtio")]
    [InlineData("0000:00:09.0/e1000", 0, "e1000:after")]
    [InlineData("0000:00:04.0/e1000", 0, "e1000:nothing")]
    [InlineData("0000:00:04.0/e1000", 0, "PCIDevice:nothing e1000:parent_obj")]
    public void What_is_not_described_is_not_guessed(string section, uint instance, string fields) => Assert.Null(Find(Description, section, instance, fields));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"devices\": {}}")]
    [InlineData("{\"devices\": [7, {\"name\": \"d\", \"fields\": [null, {\"name\": 7, \"size\": \"x\", \"struct\": []}, {\"size\": 1e99}]}]}")]
    public void A_description_that_is_none_says_nothing(string text) => Assert.Null(Find(text, "d", 0, "d:f"));

    private static FieldPlace? Find(string description, string section, uint instance, string fields) => FieldPlace.Find(
        Encoding.UTF8.GetBytes(description), section, instance,
        [.. fields.Split(' ').Select(field => field.Split(':')).Select(parts => (parts[0].Length == 0 ? null : parts[0], parts[1]))]);
}
